import TuskStore

/// The thread that claims jobs for all slots and queues of the process, on a session of its own.
struct ClaimLoop {
    private let engine: Engine
    private let configuration: WorkerConfiguration
    private let kinds: [Kind]
    private let kindsLeasedApart: [Kind]

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
        configuration = engine.configuration
        kinds = engine.handlers.keys.sorted()
        kindsLeasedApart = engine.handlers.values.filter(\.policy.isTransactional).map(\.kind).sorted()
    }

    /// Runs until the worker has ended.
    func run() {
        var session = KeptSession(engine.store, for: .claimer, observe: { [engine] in engine.observe($0) })
        var state = ClaimState(configuration, at: .now)
        var lanes = LaneCursors(queues: configuration.queues, at: .now)
        var speed = SlotSpeed()
        while !engine.hasEnded {
            let now = ContinuousClock.now
            let news = engine.signals.takeNews()
            if let isListening = news.isListening { state.listening(isListening) }
            if news.hasSignal { state.signalled(at: now) }
            speed.measure(engine.slots.work(at: now), at: now)
            engine.feed.setPace(speed.secondsPerTypicalJob)
            let registration = engine.registrar.current
            let demand = demand(registration, speed, at: now)
            switch (state.step(at: now, demand), registration) {
            case (.claim(let jobs), let registration?):
                claim(jobs, registration, &session, &state, &lanes, lowWater: state.target(demand).lowWater)
            case (.claimAlone, let registration?):
                claimAlone(registration, &session, &state)
            case (.readCancels, _):
                readCancels(&session, &state)
            case (.wait(let time), _):
                engine.claimerBell.wait(atMost: time)
            case (.claim, nil), (.claimAlone, nil):
                preconditionFailure("claims need a registration")
            }
        }
        session.close()
    }

    private func demand(
        _ registration: Registration?,
        _ speed: SlotSpeed,
        at now: ContinuousClock.Instant
    ) -> ClaimState.Demand {
        let isRegistered = registration?.isValid(at: now) ?? false
        let mayClaim = isRegistered && engine.mode == .working
        return ClaimState.Demand(
            mayClaim: mayClaim && engine.settlements.count < configuration.unsettledMax && !kinds.isEmpty,
            idleSlots: engine.slots.idleCount,
            queued: engine.feed.count,
            prefetch: speed.jobs(of: engine.slots.count, in: configuration.prefetchTime),
            hasAlone: engine.hasAlone,
            hasJobs: engine.jobsInHand > 0
        )
    }

    private func claim(
        _ jobs: Int,
        _ registration: Registration,
        _ session: inout KeptSession,
        _ state: inout ClaimState,
        _ lanes: inout LaneCursors,
        lowWater: Int
    ) {
        state.claiming()
        do throws(StoreError) {
            try look(&session, &lanes)
        } catch {
            return state.failed(at: .now, random: Double.random(in: 0..<1))
        }
        let looked = lanes.next(at: .now)
        guard !looked.isEmpty else {
            return state.claimed(0, of: jobs, at: .now, random: Double.random(in: 0..<1))
        }
        let request = ClaimRequest(
            worker: registration.id,
            lanes: looked,
            kinds: kinds,
            kindsLeasedApart: kindsLeasedApart,
            jobsMax: jobs,
            argsBytesMax: configuration.claimBytesMax
        )
        do throws(StoreError) {
            let start = ContinuousClock.now
            let answer = try session.call { session throws(StoreError) in try session.claim(request) }
            let now = ContinuousClock.now
            let isListening = engine.signals.isListening
            engine.metrics.claimed(answer.jobs, in: start.duration(to: now), isListening: isListening)
            let bytes = answer.jobs.reduce(0) { $0 + $1.argsBytes }
            let reachedLimit = answer.jobs.count >= jobs || bytes >= request.argsBytesMax
            lanes.claimed(answer, looked, reachedLimit: reachedLimit, at: now)
            let asked = lanes.holdsMore ? answer.jobs.count : jobs
            state.claimed(answer.jobs.count, of: asked, at: now, random: Double.random(in: 0..<1))
            accept(answer.jobs, registration, isAlone: false, lowWater: lowWater)
        } catch {
            failed(error, registration, &state)
        }
    }

    /// Finds out which lanes hold jobs, where there are too many to name them all.
    private func look(_ session: inout KeptSession, _ lanes: inout LaneCursors) throws(StoreError) {
        let start = ContinuousClock.now
        guard lanes.wantsLook(at: start) else { return }
        let found = try session.call { session throws(StoreError) in
            try session.findLanes(of: configuration.queues, most: configuration.queues.count * Priority.all.count)
        }
        lanes.found(found, in: start.duration(to: .now), at: .now)
    }

    private func claimAlone(
        _ registration: Registration,
        _ session: inout KeptSession,
        _ state: inout ClaimState
    ) {
        do throws(StoreError) {
            let job = try session.call { session throws(StoreError) in
                try session.claimAlone(worker: registration.id, queues: configuration.queues, kinds: kinds)
            }
            state.claimedAlone(job != nil, at: .now, random: Double.random(in: 0..<1))
            if let job { accept([job], registration, isAlone: true, lowWater: 0) }
        } catch {
            failed(error, registration, &state)
        }
    }

    private func readCancels(_ session: inout KeptSession, _ state: inout ClaimState) {
        do throws(StoreError) {
            for registration in engine.registrar.all {
                let requests = try session.call { session throws(StoreError) in
                    try session.cancelRequests(worker: registration.id)
                }
                engine.cancel(requests)
            }
            state.readCancels(at: .now)
        } catch {
            state.failed(at: .now, random: Double.random(in: 0..<1))
        }
    }

    private func accept(_ jobs: [ClaimedJob], _ registration: Registration, isAlone: Bool, lowWater: Int) {
        let now = ContinuousClock.now
        let items = jobs.map { Feed.Item($0, registration, isAlone: isAlone, claimedAt: now) }
        engine.accept(items, lowWater: lowWater)
    }

    private func failed(_ error: StoreError, _ registration: Registration, _ state: inout ClaimState) {
        state.failed(at: .now, random: Double.random(in: 0..<1))
        if error.isUnknownOutcome { engine.retire(registration) }
    }
}

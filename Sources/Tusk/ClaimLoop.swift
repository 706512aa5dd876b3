import TuskStore

/// The thread that claims jobs for all slots and queues of the process, on a session of its own.
struct ClaimLoop {
    /// The most bytes of args that a claim of gated jobs takes, the first job always: few enough for the sockets on the
    /// way, so that a worker that was stopped in the middle does not keep others from claiming. 256 KiB.
    static let gatedBytesMax = 256 * 1024

    private let engine: Engine
    private let configuration: WorkerConfiguration
    private let kinds: [Kind]
    private let kindsLeasedApart: [Kind]
    private var gatedShare = GatedShare()
    private var rates = RateWatch()
    /// Whether the last claim left out jobs that are not urgent, because only reserved slots were free.
    private var hasLeftOut = false

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
        configuration = engine.configuration
        kinds = engine.handlers.keys.sorted()
        kindsLeasedApart = engine.handlers.values.filter(\.policy.isTransactional).map(\.kind).sorted()
    }

    /// Runs until the worker has ended.
    mutating func run() {
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
            release(rates.takeDue(at: now), &session)
            let room = engine.roomForLessUrgent
            if hasLeftOut, room ?? 0 > 0 { state.signalled(at: now) }
            let registration = engine.registrar.current
            let demand = demand(registration, speed, at: now)
            switch (state.step(at: now, demand), registration) {
            case (.claim(let jobs), let registration?):
                claim(jobs, room, registration, &session, &state, &lanes, lowWater: state.target(demand).lowWater)
            case (.claimAlone, let registration?):
                claimAlone(registration, &session, &state)
            case (.readCancels, _):
                readCancels(&session, &state)
            case (.wait(let time), _):
                engine.claimerBell.wait(atMost: rates.wait(atMost: time, at: .now))
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
            prefetch: gatedShare.isOnlyFair ? 0 : speed.jobs(of: engine.slots.count, in: configuration.prefetchTime),
            hasAlone: engine.hasAlone || engine.roomForLessUrgent ?? 1 <= 0,
            hasJobs: engine.jobsInHand > 0
        )
    }

    /// `room`: how many of them need not be urgent; nil: all.
    private mutating func claim(
        _ jobs: Int,
        _ room: Int?,
        _ registration: Registration,
        _ session: inout KeptSession,
        _ state: inout ClaimState,
        _ lanes: inout LaneCursors,
        lowWater: Int
    ) {
        state.claiming()
        do throws(StoreError) {
            try look(&session, &lanes)
            hasLeftOut = room.map { $0 <= 0 } ?? false
            let jobs = room.map { min(jobs, $0 > 0 ? $0 : configuration.reservedSlots) } ?? jobs
            var request = ClaimRequest(
                worker: registration.id,
                lanes: lanes.next(at: .now),
                kinds: kinds,
                kindsLeasedApart: kindsLeasedApart,
                jobsMax: jobs,
                argsBytesMax: configuration.claimBytesMax
            )
            if hasLeftOut { request.lanes.removeAll { $0.priority > configuration.reservedPriorityMax } }
            let idleSlots = max(0, engine.slots.idleCount - engine.feed.count)
            let parts = gatedShare.jobs(of: jobs, idleSlots: idleSlots)
            let limited = try claimLimited(parts.limited, request, &session, &lanes)
            accept(limited, registration, isAlone: false, lowWater: lowWater)
            if parts.limited > 0 { gatedShare.noted(foundLimited: !limited.isEmpty) }
            let fair = try claimGated(parts.fair, request, &session, isFair: true).jobs
            accept(fair, registration, isAlone: false, lowWater: lowWater)
            let gated = limited.count + fair.count
            request.jobsMax = max(1, jobs - gated)
            let (count, hasMore) = try claim(request, registration, &session, &lanes, lowWater: lowWater)
            let total = gated + count
            // Nothing is asked of those with fair keys while no slot is idle, so that says nothing.
            let waitsForSlot = gatedShare.isOnlyFair && idleSlots == 0
            let asked = hasMore || gated > 0 || waitsForSlot ? total : max(jobs, total + 1)
            state.claimed(total, of: asked, at: .now, random: Double.random(in: 0..<1))
        } catch {
            failed(error, registration, &state)
        }
    }

    /// Claims jobs that no limit holds back. Answers how many, and whether there are more.
    private mutating func claim(
        _ request: ClaimRequest,
        _ registration: Registration,
        _ session: inout KeptSession,
        _ lanes: inout LaneCursors,
        lowWater: Int
    ) throws(StoreError) -> (count: Int, hasMore: Bool) {
        guard !request.lanes.isEmpty else { return (0, false) }
        let start = ContinuousClock.now
        let answer = try session.call { session throws(StoreError) in try session.claim(request) }
        let now = ContinuousClock.now
        let isListening = engine.signals.isListening
        engine.metrics.claimed(answer.jobs, in: start.duration(to: now), isListening: isListening)
        let bytes = answer.jobs.reduce(0) { $0 + $1.argsBytes }
        let reachedLimit = answer.jobs.count >= request.jobsMax || bytes >= request.argsBytesMax
        lanes.claimed(answer, request.lanes, reachedLimit: reachedLimit, at: now)
        accept(answer.jobs, registration, isAlone: false, lowWater: lowWater)
        let wasOpen = gatedShare.isOpen
        gatedShare.noted(
            found: answer.jobs.count,
            hasLimited: answer.hasGated,
            hasFair: answer.hasFair,
            cutOffAt: reachedLimit ? answer.jobs.last?.priority : nil
        )
        // What the first claim that hears of gated jobs leaves is asked for at once.
        let hasNews = gatedShare.isOpen && !wasOpen
        return (answer.jobs.count, answer.jobs.count >= request.jobsMax || lanes.holdsMore || hasNews)
    }

    /// Claims jobs that limits may hold back.
    private mutating func claimLimited(
        _ jobs: Int,
        _ request: ClaimRequest,
        _ session: inout KeptSession,
        _ lanes: inout LaneCursors
    ) throws(StoreError) -> [ClaimedJob] {
        var request = request
        request.lanes.removeAll { $0.priority > gatedShare.bandMax }
        request.lanes = lanes.gated(request.lanes, at: .now)
        request.argsBytesMax = min(request.argsBytesMax, Self.gatedBytesMax)
        let answer = try claimGated(jobs, request, &session)
        guard answer.snapshotXmax > 0 else { return answer.jobs }
        let bytes = answer.jobs.reduce(0) { $0 + $1.argsBytes }
        let reachedLimit = answer.jobs.count >= jobs || bytes >= request.argsBytesMax
        lanes.claimedGated(answer, request.lanes, reachedLimit: reachedLimit, at: .now)
        return answer.jobs
    }

    /// Claims jobs that limits may hold back, or those with fair keys.
    private mutating func claimGated(
        _ jobs: Int,
        _ request: ClaimRequest,
        _ session: inout KeptSession,
        isAlone: Bool = false,
        isFair: Bool = false
    ) throws(StoreError) -> GatedClaimAnswer {
        guard jobs > 0 else { return .nothing }
        var request = request
        request.jobsMax = jobs
        request.argsBytesMax = min(request.argsBytesMax, Self.gatedBytesMax)
        request.lanes.removeAll { $0.priority > gatedShare.bandMax }
        let start = ContinuousClock.now
        let answer = try session.call { session throws(StoreError) in
            try session.claimGated(request, isAlone: isAlone, isFair: isFair)
        }
        if !answer.jobs.isEmpty {
            let isListening = engine.signals.isListening
            engine.metrics.claimed(answer.jobs, in: start.duration(to: .now), isListening: isListening)
        }
        // Somebody may have made room just before the jobs were there to be released.
        release(answer.watchedKeys, &session)
        return answer
    }

    /// Brings back jobs that wait for these keys, as far as there is room.
    private mutating func release(_ keys: [String], _ session: inout KeptSession) {
        guard !keys.isEmpty else { return }
        do throws(StoreError) {
            let (queues, wait) = try session.call { session throws(StoreError) in try session.releaseLimited(keys) }
            engine.wake(queues)
            if let wait { rates.watch(keys, in: wait, at: .now) }
        } catch {
            // Jobs that were claimed meanwhile must not be forgotten, and the scheduler looks for the others each
            // second.
            engine.observe(.databaseFailed(.claimer, error))
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

    private mutating func claimAlone(
        _ registration: Registration,
        _ session: inout KeptSession,
        _ state: inout ClaimState
    ) {
        do throws(StoreError) {
            var job = try session.call { session throws(StoreError) in
                try session.claimAlone(worker: registration.id, queues: configuration.queues, kinds: kinds)
            }
            if job == nil, gatedShare.isOpen {
                let lanes = Lane.all(of: configuration.queues)
                let request = ClaimRequest(worker: registration.id, lanes: lanes, kinds: kinds, jobsMax: 1)
                job = try claimGated(1, request, &session, isAlone: true).jobs.first
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

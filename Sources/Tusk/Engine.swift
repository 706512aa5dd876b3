import Dispatch
import Synchronization
import TuskStore
import TuskTelemetry

/// What the parts of a worker share: the jobs in hand, the bells that wake each part, and the few acts that concern
/// several of them. The loops are in `ClaimLoop`, `Settler`, `Heartbeat`, `Listener`, `Watch` and `SlotWork`.
final class Engine: Sendable {
    let configuration: WorkerConfiguration
    let store: Store
    let handlers: [Kind: Handler]
    let metrics: WorkerMetrics
    /// Who takes the spans of attempts; nil: nobody.
    let tracer: Tracer?
    private let observer: @Sendable (WorkerEvent) -> Void

    let registrar: Registrar
    let feed: Feed
    let slots = Slots()
    let settlements: SettleQueue
    let reports: ReportQueue
    let signals: SignalBox
    /// Tells other workers of jobs that went back.
    let notifier: Notifier

    let claimerBell = Bell()
    let settlerBell = Bell()
    let heartbeatBell = Bell()
    let watchBell = Bell()

    private let drainState = Mutex(DrainState())
    private let inHand = Atomic<Int>(0)
    private let lessUrgentInHand = Atomic<Int>(0)
    private let aloneInHand = Atomic<Int>(0)
    /// Threads that have not ended.
    private let threads = DispatchGroup()
    private let watchEnded = DispatchSemaphore(value: 0)

    /// A worker's insides; nothing runs yet.
    init(
        _ configuration: WorkerConfiguration,
        store: Store,
        handlers: [Kind: Handler],
        metrics: WorkerMetrics,
        tracer: Tracer? = nil,
        observer: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.handlers = handlers
        self.metrics = metrics
        self.tracer = tracer
        self.observer = observer
        registrar = Registrar(leaseTime: configuration.leaseTime)
        feed = Feed(claimer: claimerBell)
        settlements = SettleQueue(settler: settlerBell)
        reports = ReportQueue(settler: settlerBell)
        signals = SignalBox(claimer: claimerBell)
        notifier = Notifier(store: store)
    }

    /// Passes on what happened.
    func observe(_ event: WorkerEvent) {
        if case .databaseFailed(_, let error) = event { metrics.failed(error) }
        observer(event)
    }

    /// Whether few enough handlers are stuck.
    var isHealthy: Bool { slots.stuckCount <= configuration.stuckSlotsMax }

    /// Jobs that were claimed and not settled yet.
    var jobsInHand: Int { inHand.load(ordering: .acquiring) }
    /// How many more jobs that are not urgent may be claimed; nil: no slot is reserved.
    var roomForLessUrgent: Int? {
        guard configuration.reservedSlots > 0 else { return nil }
        return slots.count - configuration.reservedSlots - lessUrgentInHand.load(ordering: .acquiring)
    }
    /// Whether one of them lost a lease before.
    var hasAlone: Bool { aloneInHand.load(ordering: .acquiring) > 0 }
}

/// Jobs in hand: from the claim to the settlement.
extension Engine {
    /// Takes over what was claimed, for the slots; gives it back when the worker drains or has lost it meanwhile.
    func accept(_ items: [Feed.Item], lowWater: Int) {
        guard let first = items.first else { return }
        first.registration.take(items.map(\.job.lease))
        inHand.add(items.count, ordering: .acquiringAndReleasing)
        lessUrgentInHand.add(lessUrgent(items.map(\.job)), ordering: .acquiringAndReleasing)
        if first.isAlone { aloneInHand.add(1, ordering: .acquiringAndReleasing) }
        guard mode == .working, first.registration.isValid(at: .now) else { return giveBack(items) }
        feed.push(items, lowWater: lowWater)
        watchBell.ring()
    }

    /// Puts back jobs that did not start.
    func giveBack(_ items: [Feed.Item]) {
        settle(items.map(Settlement.givingBack))
    }

    /// Hands over how attempts ended.
    func settle(_ ended: [Settlement]) {
        let alone = ended.count(where: \.isAlone)
        let lessUrgent = lessUrgent(ended.map(\.job))
        settlements.add(ended)
        if alone > 0 { aloneInHand.subtract(alone, ordering: .acquiringAndReleasing) }
        if lessUrgent > 0 { lessUrgentInHand.subtract(lessUrgent, ordering: .acquiringAndReleasing) }
        if alone + lessUrgent > 0 { claimerBell.ring() }
    }

    /// How many of these may not use reserved slots; 0 without such slots.
    private func lessUrgent(_ jobs: [ClaimedJob]) -> Int {
        guard configuration.reservedSlots > 0 else { return 0 }
        return jobs.count { $0.priority > configuration.reservedPriorityMax }
    }

    /// Jobs of these queues have become available by what this worker did.
    func wake(_ queues: Set<QueueName>) {
        guard !queues.isEmpty else { return }
        notifier.wake(queues)
        if !queues.isDisjoint(with: configuration.queues) { signals.signal() }
    }

    /// The database has judged these jobs, or never will.
    func release(_ settled: [Settlement]) {
        guard let first = settled.first else { return }
        first.registration.release(settled.map(\.lease))
        let before = inHand.subtract(settled.count, ordering: .acquiringAndReleasing).oldValue
        if before >= configuration.unsettledMax { claimerBell.ring() }
        if mode != .working { heartbeatBell.ring() }
    }

    /// Stops acting under a registration: what has not started goes back as far as the database still lets it, and what
    /// runs is told to stop, its outcome refused here already.
    func fence(_ registration: Registration, _ reason: WorkerEvent.FenceReason) {
        guard registration.fence() else { return }
        registrar.forget(registration.id)
        observe(.fenced(registration.id, reason, jobsInHand: registration.jobsInHand))
        giveBack(feed.remove { $0.registration === registration })
        let now = ContinuousClock.now
        for (slot, run) in slots.running where run.registration === registration {
            slots.stop(run, in: slot, .fence, at: now)
        }
        heartbeatBell.ring()
    }

    /// Goes on under another registration, because a claim may have taken jobs that nobody here knows; the heartbeat
    /// puts them back.
    func retire(_ registration: Registration) {
        observe(.claimUnknown(registration.id))
        if let oldest = registrar.retire(registration.id, at: .now) { fence(oldest, .crowded) }
        heartbeatBell.ring()
    }

    /// Tells jobs to stop that an operator cancelled.
    func cancel(_ requests: [CancelRequest]) {
        guard !requests.isEmpty else { return }
        let leases = Dictionary(requests.map { ($0.id, $0.lease) }) { max($0, $1) }
        settle(feed.remove { leases[$0.job.id] == $0.job.lease }.map(Settlement.cancelling))
        let now = ContinuousClock.now
        for (slot, run) in slots.running where leases[run.job.id] == run.job.lease {
            slots.stop(run, in: slot, .operatorCancel, at: now)
        }
    }

    /// Gives up a handler that ignores that it was told to stop. While the worker works another slot takes its place.
    func abandon(_ run: JobRun, in slot: Slot, _ cause: StopCause) {
        guard let settlement = run.abandon(cause) else { return }
        settle([settlement])
        guard slots.abandon(slot, run) else { return }
        observe(.slotStuck(run.job.id, run.job.kind, stuck: slots.stuckCount))
        openMissingSlots()
    }

    /// Opens slots in place of stuck ones, as long as not too many are stuck.
    func openMissingSlots() {
        guard mode == .working, isHealthy else { return }
        slots.open(upTo: configuration.concurrency) { await SlotWork(self).run($0) }
        claimerBell.ring()
    }
}

/// Beginning and end.
extension Engine {
    /// Starts the threads and opens the slots.
    func start() {
        guard drainState.withLock({ $0.start() }) else { return }
        startThread("tusk-heartbeat") { Heartbeat(self).run() }
        startThread("tusk-claimer") {
            var loop = ClaimLoop(self)
            loop.run()
        }
        startThread("tusk-settler") {
            var settler = Settler(self)
            settler.run()
        }
        startThread("tusk-watch") {
            Watch(self).run()
            self.watchEnded.signal()
        }
        if configuration.isListening { startThread("tusk-listener") { Listener(self).run() } }
        slots.open(upTo: configuration.concurrency) { await SlotWork(self).run($0) }
    }

    /// Stops claiming, gives back what has not started, and lets the rest go on for a while; asked again, no longer.
    func drain() {
        let (isNew, isFirst) = drainState.withLock { state in
            (state.phase == .new, state.drain(within: configuration.drainTimeout, at: .now))
        }
        // The watch does not start any more, so it cannot say that it has ended.
        if isNew { watchEnded.signal() }
        if isFirst {
            observe(.draining)
            giveBack(feed.remove { _ in true })
        }
        wakeAll()
    }

    /// Waits until the worker has ended.
    func waitForEnd() {
        guard phase != .new else { return }
        // The watch ends in time whatever else hangs, because it never waits for the database.
        watchEnded.wait()
        watchEnded.signal()
        notifier.stop(within: .milliseconds(200))
        // A thread that waits for an answer of a database that is away ends when its call does.
        _ = threads.wait(timeout: .now() + .milliseconds(200))
    }

    /// Goes on with a drain when it is time.
    func tickDrain(at now: ContinuousClock.Instant) {
        if mode == .draining { giveBack(feed.remove { _ in true }) }
        // In this order: a job that ends between the two reads makes it look busy once more, never idle too early.
        let inHand = jobsInHand
        let isIdle = inHand <= settlements.count
        let isClean = inHand == 0 && reports.dueAt == nil && registrar.all.isEmpty
        switch drainState.withLock({ $0.tick(at: now, isIdle: isIdle, isClean: isClean) }) {
        case .none: return
        case .wake: break
        case .stopRuns:
            for (slot, run) in slots.running { slots.stop(run, in: slot, .drain, at: now) }
        case .abandonRuns:
            for (slot, run) in slots.running { abandon(run, in: slot, .drain) }
        }
        if phase == .ended {
            feed.close()
            observe(.stopped(unsettled: settlements.count))
        }
        wakeAll()
    }

    var phase: DrainState.Phase { drainState.withLock { $0.phase } }
    var mode: WorkerState.Mode { drainState.withLock { $0.mode } }
    var hasEnded: Bool { phase == .ended }
    /// When a step of the drain is due at the latest; nil: none is.
    var drainStepAt: ContinuousClock.Instant? { drainState.withLock { $0.nextAt } }

    private func wakeAll() {
        for bell in [claimerBell, settlerBell, heartbeatBell, watchBell] { bell.ring() }
        signals.interruptListener()
    }

    private func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
        threads.enter()
        OwnedThread.start(name) {
            body()
            self.threads.leave()
        }
    }
}

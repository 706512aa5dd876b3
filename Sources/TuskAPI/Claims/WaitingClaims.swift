import Dispatch
import Synchronization
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// The claims that wait for jobs: none of them holds a thread or a session meanwhile.
///
/// `WaitingClaimsState` decides who tries; a thread asks it, lanes do the trying, and a `QueueListener` says which
/// queues got jobs. All three start with the first claim, so an API without claims has none of them.
final class WaitingClaims: Sendable {
    /// A request for jobs.
    struct Waiter: Sendable {
        let call: Call
        let form: ClaimForm
        let claimer: Claimer
    }

    typealias State = WaitingClaimsState<Waiter>

    private let state: Mutex<State>
    private let lanes: Lanes
    private let listener: QueueListener
    private let stage = Mutex(Stage())
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    private struct Stage {
        var isRunning = false
        var isStopped = false
        /// Rung, and not heard yet.
        var isRung = false
    }

    init(store: Store, limits: State.Limits, lanes: Lanes, logger: Logger) {
        state = Mutex(State(limits: limits))
        self.lanes = lanes
        listener = QueueListener(store: store, logger: logger)
    }

    /// Claims that wait or try now.
    var waitCount: Int { state.withLock(\.waitCount) }

    /// Takes a claim in; it is answered when there are jobs or its time is up, or at once when there is no room.
    func enter(_ waiter: Waiter) {
        let now = ContinuousClock.now
        let until = now.advanced(by: waiter.form.waitTime)
        let (isIn, isDraining) = state.withLock { state in
            (state.enter(waiter, waiter.form.demand, until: until, at: now), state.isDraining)
        }
        guard isIn else { return waiter.call.refuse(isDraining ? Lanes.stopped : Self.full) }
        start()
        ring()
    }

    /// Lets claims try that wait for one of these queues. Any thread; it does not wait.
    func signal(_ queues: Set<QueueName>) {
        if state.withLock({ $0.signal(queues) }) { ring() }
    }

    /// Answers what waits, with no jobs, and refuses what comes.
    func drain() {
        state.withLock { $0.drain(at: .now) }
        ring()
    }

    /// The same, and returns when the threads have ended. The lanes must have been stopped. Any number of times.
    func stop() {
        state.withLock { $0.stop(at: .now) }
        let wasRunning = stage.withLock { stage in
            defer { stage.isStopped = true }
            return stage.isRunning && !stage.isStopped
        }
        ring()
        listener.stop()
        if wasRunning { ended.wait() }
    }

    private func start() {
        let isFirst = stage.withLock { stage in
            guard !stage.isRunning, !stage.isStopped else { return false }
            stage.isRunning = true
            return true
        }
        guard isFirst else { return }
        OwnedThread.start("tusk-claims") { self.run() }
        listener.start { [weak self] queue in self?.signal([queue]) }
    }

    private func ring() {
        let isNews = stage.withLock { stage in
            defer { stage.isRung = true }
            return !stage.isRung
        }
        if isNews { bell.signal() }
    }

    // The thread

    private func run() {
        while true {
            stage.withLock { $0.isRung = false }
            switch state.withLock({ $0.next(at: .now) }) {
            case .attempt(let attempt): submit(attempt)
            case .timeUp(let waiters):
                for waiter in waiters { waiter.call.answer(.object { $0.members(ofClaim: nil) }) }
            case .refuse(let waiters):
                for waiter in waiters { waiter.call.refuse(Self.failed) }
            case .wait(let time):
                state.withLock { $0.removeAll { $0.call.responder.hasClientLeft } }
                _ = bell.wait(timeout: .now() + .microseconds(Int(time.wholeMicroseconds) + 1))
            case .idle:
                bell.wait()
            case .end:
                ended.signal()
                return
            }
        }
    }

    private func submit(_ attempt: State.Attempt) {
        let waiter = attempt.waiter
        let run: @Sendable () -> Void = { self.finished(attempt, waiter.claimer.attempt(waiter.call, waiter.form)) }
        let refuse: @Sendable (Problem) -> Void = { problem in
            waiter.call.refuse(problem)
            self.finished(attempt, .failed)
        }
        lanes.submit(Lanes.Work(run: run, refuse: refuse))
    }

    private func finished(_ attempt: State.Attempt, _ result: State.Result) {
        state.withLock { $0.finished(attempt, result, at: .now) }
        ring()
    }

    private static let full = Problem(.overloaded, "Too many claims wait for jobs; nothing was claimed.")
    private static let failed = Problem(.databaseUnavailable, "The database is out of reach; nothing was claimed.")
}

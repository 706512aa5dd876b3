import Dispatch
import Glibc
import Synchronization

/// Waits for somebody to end the process: SIGTERM, SIGINT (Ctrl-C), twice for at once.
///
/// From its making on these signals no longer end the process by themselves, SIGHUP and SIGPIPE do nothing, and
/// children must be started with the default handling (`ChildProcess` does).
final class StopSignals: Sendable {
    /// How urgent the end is.
    enum Urgency: Int, Sendable, Comparable {
        case none, drain, now

        static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        var urgency = Urgency.none
        /// Raised at each change, for those who wait.
        var waiters: [DispatchSemaphore] = []
        /// Somebody failed, and the process is to end because of it.
        var failure: CommandError?
        var hangUps: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let sources: Sources

    /// The Dispatch sources, which live as long as this object and are never touched again.
    ///
    /// `@unchecked`: set once before anybody else has it.
    private struct Sources: @unchecked Sendable {
        let list: [any DispatchSourceSignal]
    }

    /// Takes over the signals of the process; once in a process.
    init() {
        let queue = DispatchQueue(label: "tusk.signals")
        signal(SIGPIPE, SIG_IGN)
        sources = Sources(
            list: [SIGTERM, SIGINT, SIGHUP].map { number in
                // Dispatch installs a handler of its own; ignoring the signal as well could lose one that comes
                // meanwhile.
                DispatchSource.makeSignalSource(signal: number, queue: queue)
            }
        )
        for (number, source) in zip([SIGTERM, SIGINT, SIGHUP], sources.list) {
            source.setEventHandler { @Sendable [weak self] in
                if number == SIGHUP { self?.hangUp() } else { self?.request() }
            }
            source.resume()
        }
    }

    /// How urgent the end is by now.
    var urgency: Urgency { state.withLock { $0.urgency } }

    /// Why the process ends, when it is not because somebody asked.
    var failure: CommandError? { state.withLock { $0.failure } }

    /// Says what to do at SIGHUP.
    func onHangUp(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.hangUps = body }
    }

    /// Asks for the end, the second time for an immediate one; what a signal does.
    func request() {
        change { state in state.urgency = state.urgency == .none ? .drain : .now }
    }

    /// Ends the process because something it cannot live without has failed.
    func fail(_ error: CommandError) {
        change { state in
            state.failure = state.failure ?? error
            state.urgency = max(state.urgency, .drain)
        }
    }

    /// Waits until the end is at least so urgent, or `limit` has passed; says whether it is.
    @discardableResult
    func wait(for urgency: Urgency, limit: Duration? = nil) -> Bool {
        let semaphore = DispatchSemaphore(value: 0)
        let end = limit.map { ContinuousClock.now.advanced(by: $0) }
        state.withLock { $0.waiters.append(semaphore) }
        defer { state.withLock { state in state.waiters.removeAll { $0 === semaphore } } }
        while self.urgency < urgency {
            let rest = end.map { ContinuousClock.now.duration(to: $0) }
            guard let rest else {
                semaphore.wait()
                continue
            }
            guard rest > .zero else { return false }
            _ = semaphore.wait(timeout: .now() + rest / .seconds(1))
        }
        return true
    }

    /// Throws when somebody has asked for the end; for steps of a start that takes a while.
    func check() throws(CommandError) {
        guard urgency == .none else { throw CommandError(.interrupted, "interrupted") }
    }

    private func hangUp() {
        state.withLock { $0.hangUps }?()
    }

    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            return state.waiters
        }
        for waiter in waiters { waiter.signal() }
    }
}

import Dispatch
import Synchronization
import TuskCore
import TuskStore
import TuskTelemetry

/// Hears which queues got jobs, on a thread and a session of its own. What it misses is found by polling.
final class QueueListener: Sendable {
    /// A session that says nothing for so long is asked whether it is there: 15 s.
    private static let silenceMax = Duration.seconds(15)
    /// How long it has to answer: 5 s.
    private static let answerTime = Duration.seconds(5)
    /// Between two tries to connect: 1 s.
    private static let pause = Duration.seconds(1)
    /// The same where the way to the server carries no signals, as behind a pooler: 60 s.
    private static let deafPause = Duration.seconds(60)

    private let store: Store
    private let logger: Logger
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    private struct State {
        var isRunning = false
        var isStopped = false
        var interrupt: Interrupt?
    }

    init(store: Store, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Starts to listen; `heard` is called on the listener's thread. Once.
    func start(_ heard: @escaping @Sendable (QueueName) -> Void) {
        let isFirst = state.withLock { state in
            guard !state.isRunning, !state.isStopped else { return false }
            state.isRunning = true
            return true
        }
        guard isFirst else { return }
        OwnedThread.start("tusk-claim-ear") {
            self.run(heard)
            self.ended.signal()
        }
    }

    /// Returns when the thread has ended. Any number of times.
    func stop() {
        let (wasRunning, interrupt) = state.withLock { state in
            defer { state.isStopped = true }
            return (state.isRunning && !state.isStopped, state.interrupt)
        }
        bell.signal()
        interrupt?.fire()
        if wasRunning { ended.wait() }
    }

    private var isStopped: Bool { state.withLock(\.isStopped) }

    private func run(_ heard: (QueueName) -> Void) {
        var isLost = false
        while !isStopped {
            do throws(StoreError) {
                let session = try store.openSession(for: "claims")
                defer { session.close() }
                isLost = false
                if try session.listen() {
                    try hear(session, heard)
                } else {
                    rest(Self.deafPause)
                }
            } catch {
                if !isLost { logger.warning("claims are found by polling", ["error": .text(error.description)]) }
                isLost = true
                rest(Self.pause)
            }
        }
    }

    private func rest(_ time: Duration) {
        _ = bell.wait(timeout: .now() + .microseconds(Int(time.wholeMicroseconds)))
    }

    /// Passes signals on until it is to stop; throws when the session is lost.
    private func hear(_ session: StoreSession, _ heard: (QueueName) -> Void) throws(StoreError) {
        let interrupt = try Interrupt()
        state.withLock { $0.interrupt = interrupt }
        while !isStopped {
            let start = ContinuousClock.now
            if let queue = try session.nextSignal(within: Self.silenceMax, interrupt: interrupt) {
                heard(queue)
            } else if start.duration(to: .now) >= Self.silenceMax {
                _ = try session.health(within: Self.answerTime)
            }
        }
    }
}

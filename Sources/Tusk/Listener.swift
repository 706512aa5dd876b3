import TuskStore
import TuskTelemetry

/// The thread that waits for signals, on a session of its own. Without signals jobs are found by polling.
struct Listener {
    /// A connection that says nothing for so long is asked whether it is there: 20 s.
    static let silenceMax = Duration.seconds(20)
    /// How long it has to answer: 5 s.
    static let answerTime = Duration.seconds(5)
    /// The time between two tries where signals do not arrive: 60 s.
    static let retryTime = Duration.seconds(60)

    private let engine: Engine
    private let queues: Set<QueueName>

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
        queues = Set(engine.configuration.queues)
    }

    /// Runs until the worker drains.
    func run() {
        var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
        var isLost = false
        while engine.mode == .working {
            do throws(StoreError) {
                let session = try engine.store.openSession(for: WorkerEvent.Part.listener.rawValue)
                defer { session.close() }
                let doesHear = try session.listen()
                if isLost { engine.observe(.databaseBack(.listener)) }
                isLost = false
                backoff.reset()
                try passSignals(session, doesHear: doesHear)
            } catch {
                if engine.signals.isListening { engine.signals.listening(false) }
                if !isLost { engine.observe(.databaseFailed(.listener, error)) }
                isLost = true
                engine.signals.listenerBell.wait(atMost: backoff.next(random: Double.random(in: 0..<1)))
            }
        }
    }

    /// Passes signals on until the worker drains; throws when the session is lost.
    private func passSignals(_ session: StoreSession, doesHear: Bool) throws(StoreError) {
        let interrupt = try Interrupt()
        engine.signals.setInterrupt(interrupt)
        engine.observe(.listening(doesHear))
        engine.signals.listening(doesHear)
        guard doesHear else { return engine.signals.listenerBell.wait(atMost: Self.retryTime) }
        while engine.mode == .working {
            let start = ContinuousClock.now
            if let queue = try session.nextSignal(within: Self.silenceMax, interrupt: interrupt) {
                guard queues.contains(queue) else { continue }
                engine.metrics.signals.increment()
                engine.signals.signal()
            } else if start.duration(to: .now) >= Self.silenceMax {
                _ = try session.health(within: Self.answerTime)
            }
        }
    }
}

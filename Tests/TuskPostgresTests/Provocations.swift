import Dispatch
import Glibc
import Synchronization
import TuskPostgres

extension Session {
    /// Ends another session from the server's side, and waits until it is gone.
    func kill(_ other: Session) throws(PostgresError) {
        var parameters = Parameters()
        parameters.int4(other.backendPID)
        let text = "select pg_catalog.pg_terminate_backend($1, 5000)"
        _ = try run(Statement(name: "terminate", text: text), parameters)
    }

    /// One number.
    func number(_ text: String) throws(PostgresError) -> Int64 {
        try run(Statement(name: "number", text: text)).int8(0, 0)
    }
}

/// Sends the thread that makes it a signal every few milliseconds, to interrupt its system calls.
final class Interruptions {
    private let timer: any DispatchSourceTimer
    private static let received = Atomic(0)

    init() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruptions.received.add(1, ordering: .relaxed) }
        sigaction(SIGUSR2, &action, nil)
        // Dispatch keeps signals away from its threads.
        Self.mask(SIG_UNBLOCK)
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "interruptions"))
        timer.schedule(deadline: .now(), repeating: .milliseconds(5))
        timer.setEventHandler { [thread = pthread_self()] in _ = pthread_kill(thread, SIGUSR2) }
        timer.resume()
    }

    /// How many signals arrived.
    var count: Int { Self.received.load(ordering: .relaxed) }

    /// Leaves the thread as it was.
    func stop() {
        timer.cancel()
        Self.mask(SIG_BLOCK)
    }

    private static func mask(_ how: Int32) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR2)
        pthread_sigmask(how, &signals, nil)
    }
}

package import TuskCore
import TuskPostgres

/// Wake-up hints between processes: the names of queues that have new jobs. Polling is the truth; a lost signal costs
/// latency only.
extension StoreSession {
    /// The channel of the signals.
    package static let signalChannel = "tusk_ready"

    static let notifyQueues = SQLCatalog.statement("notify_queues", isKept: true)

    /// Sends a signal for each queue. Call it after the commit, on a session of its own.
    package func signal(_ queues: some Collection<QueueName>) throws(StoreError) {
        guard !queues.isEmpty else { return }
        _ = try run(Self.notifyQueues) { $0.textArray(queues.map(\.text)) }
    }

    /// Starts to listen. False: the way to the server does not carry signals (a pooler), so polling must do.
    package func listen() throws(StoreError) -> Bool {
        do throws(PostgresError) {
            try session.listen(Self.signalChannel)
            return try session.provesNotifications(Self.signalChannel)
        } catch {
            throw StoreError(error)
        }
    }

    /// Waits for the next signal: the name of a queue, or nil when the time is over or somebody interrupts.
    package func nextSignal(within time: Duration, interrupt: Interrupt) throws(StoreError) -> QueueName? {
        do throws(PostgresError) {
            let notification = try session.waitForNotification(until: .after(time), wake: interrupt.wake)
            return notification.flatMap { QueueName($0.payload) }
        } catch {
            throw StoreError(error)
        }
    }
}

/// Ends the wait for a signal, from any thread.
package struct Interrupt: Sendable {
    let wake: Wake

    /// Throws when the process has no descriptors left.
    package init() throws(StoreError) {
        do throws(PostgresError) {
            wake = try Wake()
        } catch {
            throw StoreError(error)
        }
    }

    /// Ends the wait that is going on, or the next one.
    package func fire() {
        wake.signal()
    }
}

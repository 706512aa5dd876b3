import Glibc
import TuskCore
import TuskScheduler
import TuskStore

/// The scheduler of a process.
final class SchedulerRole: ServiceRole {
    let name = "scheduler"
    private let store: Store
    private let scheduler: Scheduler

    /// Each duty has a session of its own besides the pool.
    private static let sessionsMax = 2

    /// A scheduler that is not started.
    init(_ parts: ServiceParts) throws(CommandError) {
        store = try parts.store("tusk-scheduler", sessionsMax: Self.sessionsMax)
        let record = SchedulerRecord(
            id: WorkerID.random(),
            processID: getpid(),
            host: parts.host,
            version: Program.version
        )
        let notifier = parts.notifier
        scheduler = Scheduler(
            store,
            as: record,
            logger: parts.logger,
            metrics: parts.registry,
            wake: { notifier.wake($0) }
        )
    }

    func start() throws(CommandError) -> String {
        scheduler.start()
        return "scheduler \(scheduler.id.description.prefix(8))"
    }

    func drain(within limit: Duration) {
        scheduler.stop(within: limit)
    }

    func stop() {
        scheduler.stop()
        store.close()
    }
}

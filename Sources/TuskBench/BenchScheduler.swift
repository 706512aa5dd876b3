import Foundation
import TuskCore
import TuskScheduler
import TuskStore
import TuskTelemetry

/// A scheduler with its default settings, as `tusk scheduler` runs it, in this process.
final class BenchScheduler {
    private let store: Store
    private let notifier: Notifier
    private let scheduler: Scheduler

    /// Starts it.
    init(_ database: BenchDatabase) {
        store = Store(database.settings, sessionsMax: 1)
        let notifier = Notifier(store: store)
        self.notifier = notifier
        scheduler = Scheduler(
            store,
            as: SchedulerRecord(id: .random(), processID: getpid(), host: "bench", version: "bench"),
            logger: Logger(LogOutput(descriptor: 2), format: .logfmt, threshold: .warning),
            metrics: MetricsRegistry(),
            wake: { notifier.wake($0) }
        )
        scheduler.start()
    }

    /// Stops it.
    func stop() {
        scheduler.stop()
        notifier.stop()
        store.close()
    }
}

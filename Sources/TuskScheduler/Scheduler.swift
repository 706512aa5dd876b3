import Dispatch
import Synchronization
package import TuskCore
package import TuskStore
package import TuskTelemetry

/// The periodic work of one process: promotes due jobs, rescues those of dead workers, fires schedules, makes and drops
/// partitions.
///
/// Any number may run on one database. One leads and does the work; the others wait to take over. That saves work and
/// guards nothing: each duty can be done by several at once without doing anything twice. Each duty has a thread and a
/// session of its own, so that a slow one never delays another.
package final class Scheduler: Sendable {
    /// Drawn at construction.
    package let id: WorkerID

    private let runners: [any DutyRunner]
    private let leadership: Leadership
    private let logger: Logger
    private let phase = Mutex(Phase.new)

    private enum Phase {
        case new, started, stopped
    }

    /// Does not connect yet. `wake` tells workers that queues have new jobs; it must return at once.
    package init(
        _ store: Store,
        as record: SchedulerRecord,
        configuration: SchedulerConfiguration = SchedulerConfiguration(),
        zones: TimeZoneLoader = .system,
        logger: Logger,
        metrics: MetricsRegistry,
        wake: @escaping @Sendable ([QueueName]) -> Void
    ) {
        id = record.id
        leadership = Leadership(leaderTime: configuration.leaderTime, metrics: metrics)
        self.logger = logger.with(["scheduler": .text(record.id.description)])
        let context = DutyContext(
            store: store,
            configuration: configuration,
            leadership: leadership,
            logger: self.logger,
            metrics: metrics,
            wake: wake
        )
        let led: [any DutyRunner] = [
            DutyLoop(Promoter(context), context), DutyLoop(Rescuer(context), context),
            DutyLoop(Ticker(context, zones: zones), context), DutyLoop(PartitionMaker(context), context),
            DutyLoop(Pruner(context), context), DutyLoop(Releaser(context), context),
            DutyLoop(Expirer(context), context), DutyLoop(Ager(context), context),
            DutyLoop(Sampler(context), context),
            DutyLoop(Replayer(context), context),
        ]
        let elector = Elector(record, context) { for runner in led { runner.wake() } }
        runners = [DutyLoop(elector, context)] + led
    }

    /// Whether this scheduler is known to lead.
    package var isLeader: Bool { leadership.isLeader }

    /// Starts all duties. Once; a scheduler that was stopped stays so.
    package func start() {
        let isFirst = phase.withLock { phase in
            precondition(phase != .started, "a scheduler is started once")
            defer { if phase == .new { phase = .started } }
            return phase == .new
        }
        guard isFirst else { return }
        for runner in runners { runner.start() }
        logger.info("scheduler started")
    }

    /// Stops all duties after the calls that are under way, and gives leadership up. Any number of times, also before
    /// `start`. False when a call was still waiting for the database after `limit`; its thread ends with the call.
    @discardableResult
    package func stop(within limit: Duration = .seconds(2)) -> Bool {
        end(vanishing: false, within: limit)
    }

    /// Ends as a killed process does: nobody is told.
    func vanish() {
        _ = end(vanishing: true, within: .seconds(2))
    }

    private func end(vanishing: Bool, within limit: Duration) -> Bool {
        let before = phase.withLock { phase in
            defer { phase = .stopped }
            return phase
        }
        guard before != .new else { return true }
        for runner in runners { runner.stop(vanishing: vanishing) }
        let deadline = DispatchTime.now() + .nanoseconds(Int(limit / .nanoseconds(1)))
        let hasEnded = runners.allSatisfy { $0.join(until: deadline) }
        if before == .started { logger.info("scheduler stopped") }
        return hasEnded
    }
}

import TuskStore
import TuskTelemetry

/// Makes due jobs available. Sleeps until the next one it knows of is due, but not for long, since one that is due
/// earlier may be added at any time.
struct Promoter: Duty {
    static let name = "promoter"

    private let context: DutyContext
    private let moved: Counter
    private var activeUntil = ContinuousClock.now

    init(_ context: DutyContext) {
        self.context = context
        moved = DutyMetrics.rows(Self.name, context.metrics)
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let round = try session.promote()
        let now = ContinuousClock.now
        if round.jobs > 0 {
            moved.add(round.jobs)
            context.wake(queues: round.queues)
            activeUntil = now.advanced(by: context.configuration.promoteActiveTime)
        }
        guard round.jobs < StoreSession.promoteJobsMax else { return .zero }
        return Self.rest(nextDueIn: round.nextDueIn, isActive: now < activeUntil, context.configuration)
    }

    /// How long to rest. Pure.
    static func rest(
        nextDueIn: Duration?,
        isActive: Bool,
        _ configuration: SchedulerConfiguration
    ) -> Duration {
        let longest = isActive ? configuration.promoteInterval : configuration.promoteIdleInterval
        guard let nextDueIn else { return longest }
        // The database rounds to milliseconds, so a job may be due a moment later than it said.
        return min(longest, max(nextDueIn, .milliseconds(1)))
    }
}

import TuskStore
import TuskTelemetry

/// Discards jobs that should have started by now. No claim takes one that is late, so it does not matter when this
/// comes.
struct Expirer: Duty {
    static let name = "expirer"
    /// What two rounds are apart at least.
    private static let intervalMin = Duration.milliseconds(100)

    private let context: DutyContext
    private let jobs: Counter

    init(_ context: DutyContext) {
        self.context = context
        jobs = context.metrics.counter(
            "tusk_jobs_late_total",
            help: "Jobs that were discarded because none of their attempts had started by start_by."
        )
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let (late, queues) = try session.discardLate()
        jobs.add(late.discarded.count)
        if !queues.isEmpty { context.wake(Array(queues)) }
        guard late.discarded.count < StoreSession.discardLateMax else { return .zero }
        let interval = context.configuration.releaseIdleInterval
        return late.next.map { max(Self.intervalMin, min($0, interval)) } ?? interval
    }
}

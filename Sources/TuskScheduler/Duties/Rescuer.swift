import TuskStore
import TuskTelemetry

/// Brings back the jobs of workers that are no longer heard of.
struct Rescuer: Duty {
    static let name = "rescuer"
    /// How long after a dead worker was found others are looked for more often: they tend to die together.
    private static let activeTime = Duration.seconds(60)

    private let context: DutyContext
    private let leases: Counter
    private let jobs: Counter
    private var activeUntil = ContinuousClock.now

    init(_ context: DutyContext) {
        self.context = context
        leases = context.metrics.counter(
            "tusk_leases_expired_total",
            help: "Leases that were ended because their worker was lost."
        )
        jobs = context.metrics.counter("tusk_jobs_rescued_total", help: "Jobs that were taken from lost workers.")
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let round = try session.rescue()
        let now = ContinuousClock.now
        if round.workers > 0 || round.leases > 0 {
            activeUntil = now.advanced(by: Self.activeTime)
            note(round)
        }
        guard round.workers < StoreSession.rescueWorkersMax else { return .zero }
        let configuration = context.configuration
        return now < activeUntil ? configuration.rescueInterval : configuration.rescueIdleInterval
    }

    private func note(_ round: RescueRound) {
        leases.add(round.leases)
        jobs.add(round.jobsReturned + round.jobsEnded)
        context.wake(queues: round.queues)
        let fields: LogFields = [
            "workers": .integer(Int64(round.workers)), "leases": .integer(Int64(round.leases)),
            "jobs_returned": .integer(Int64(round.jobsReturned)), "jobs_ended": .integer(Int64(round.jobsEnded)),
        ]
        context.logger.warning("rescued the jobs of lost workers", fields)
    }
}

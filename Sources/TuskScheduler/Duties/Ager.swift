import TuskStore
import TuskTelemetry

/// Moves jobs up a band that have waited long, so that a flood of urgent ones does not keep them waiting for ever.
struct Ager: Duty {
    static let name = "ager"

    private let context: DutyContext
    private let jobs: Counter

    init(_ context: DutyContext) {
        self.context = context
        jobs = context.metrics.counter(
            "tusk_jobs_aged_total",
            help: "Times that a job went up a band because it had waited long."
        )
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let round = try session.ageJobs()
        jobs.add(round.moved)
        if !round.queues.isEmpty { context.wake(Array(round.queues)) }
        let configuration = context.configuration
        return round.isUsed ? configuration.ageInterval : configuration.ageIdleInterval
    }
}

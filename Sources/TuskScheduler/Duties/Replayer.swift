import TuskCore
import TuskStore
import TuskTelemetry

/// Carries out operations on many jobs, in batches.
struct Replayer: Duty {
    static let name = "replayer"
    /// What two rounds are apart at least when there is nothing to do.
    private static let intervalMin = Duration.milliseconds(20)

    private let context: DutyContext
    private let logger: Logger
    private let jobs: Counter

    init(_ context: DutyContext) {
        self.context = context
        logger = context.logger.with(["duty": .text(Self.name)])
        jobs = context.metrics.counter(
            "tusk_jobs_replayed_total",
            help: "Discarded jobs that operations made available again."
        )
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let round = try session.runOperation()
        if round.action == .retry { jobs.add(round.done) }
        if !round.queues.isEmpty { context.wake(Array(round.queues)) }
        if let id = round.id, let state = round.state, state.isFinal { try tell(id, session) }
        let interval = context.configuration.operationInterval
        // What is due and was not found is in the hands of another scheduler.
        return max(round.id == nil ? Self.intervalMin : .zero, min(round.wait ?? interval, interval))
    }

    private func tell(_ id: Int64, _ session: StoreSession) throws(StoreError) {
        guard let operation = try session.operation(id) else { return }
        logger.notice(
            "operation ended",
            [
                "operation": .integer(id), "state": .text(operation.state.rawValue),
                "by": .text(operation.createdBy), "done": .integer(operation.done),
                "refused": .integer(operation.refused), "fault": .text(operation.fault ?? ""),
            ]
        )
    }
}

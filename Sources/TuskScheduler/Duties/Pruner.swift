import TuskStore
import TuskTelemetry

/// Drops what is past its retention: partitions of history and jobs, and rows of the small record tables.
struct Pruner: Duty {
    static let name = "pruner"
    /// Dropping a large job partition copies what still lives in it.
    static let callTimeout: Duration? = .seconds(300)
    /// The rest between two rounds while there is more to drop.
    private static let busyInterval = Duration.milliseconds(100)

    private let context: DutyContext
    private let removed: Counter

    init(_ context: DutyContext) {
        self.context = context
        removed = DutyMetrics.rows(Self.name, context.metrics)
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let round = try session.prune()
        let partitions = round.dayPartitions + round.jobPartitions
        removed.add(partitions + round.records)
        if partitions > 0 || round.records > 0 {
            let fields: LogFields = [
                "history_partitions": .integer(Int64(round.dayPartitions)),
                "job_partitions": .integer(Int64(round.jobPartitions)), "records": .integer(Int64(round.records)),
            ]
            context.logger.info("pruned", fields)
        }
        // A round drops one job partition and so many rows of each table at most.
        let hasMore = round.jobPartitions > 0 || round.records >= StoreSession.pruneRecordsMax
        return hasMore ? Self.busyInterval : context.configuration.pruneInterval
    }
}

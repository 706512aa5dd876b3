import TuskStore
import TuskTelemetry

/// Makes the partitions that the coming days and ids need. Apart from the pruner, whose rounds may take long.
struct PartitionMaker: Duty {
    static let name = "partitions"
    /// After a long absence of the scheduler jobs by the million move into their partition in one call.
    static let callTimeout: Duration? = .seconds(300)

    private let context: DutyContext
    private let made: Counter

    init(_ context: DutyContext) {
        self.context = context
        made = DutyMetrics.rows(Self.name, context.metrics)
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let count = try session.makePartitions()
        if count > 0 {
            made.add(count)
            context.logger.info("made partitions", ["partitions": .integer(Int64(count))])
        }
        return count > 0 ? .zero : context.configuration.partitionInterval
    }
}

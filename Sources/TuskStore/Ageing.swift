package import TuskCore
import TuskPostgres

/// What a round of ageing did.
package struct AgeingRound: Sendable, Hashable {
    /// How many jobs went up a band.
    package let moved: Int
    /// The queues of these.
    package let queues: Set<QueueName>
    /// Whether any queue lets jobs age.
    package let isUsed: Bool
}

extension StoreSession {
    private static let ageJobs = SQLCatalog.statement("age_jobs")
    private static let setAgeing = SQLCatalog.statement("set_ageing")

    /// How long a job may wait before it goes up a band: 1 s to 7 days.
    package static let ageingRange: ClosedRange<Duration> = .seconds(1) ... .seconds(7 * 86_400)
    /// The most jobs of each band that one round moves.
    package static let ageingMax = 1000

    /// Moves jobs up a band that have waited long, where their queue says so.
    package func ageJobs() throws(StoreError) -> AgeingRound {
        let rows = try run(Self.ageJobs) {
            $0.int2(shard)
            $0.int4(Int32(Self.ageingMax))
        }
        return AgeingRound(
            moved: Int(rows.int4(0, 0)),
            queues: Set(rows.textArray(0, 1).compactMap { QueueName($0) }),
            isUsed: rows.bool(0, 2)
        )
    }

    /// Lets jobs of a queue go up a band each time they have waited so long, to whole milliseconds; nil: never.
    package func setAgeing(_ time: Duration?, of queue: QueueName, by author: Author) throws(StoreError) {
        try audited(.queueSet, of: queue.text, by: author) { () throws(StoreError) in
            _ = try run(Self.setAgeing) {
                $0.text(queue.text)
                $0.int8(time?.wholeMilliseconds)
            }
            return ((), queue.text)
        }
    }
}

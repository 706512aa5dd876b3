package import TuskCore
import TuskPostgres

/// What a look for jobs that should have started found.
package struct LateJobs: Sendable, Hashable {
    /// Those that were discarded.
    package let discarded: [JobID]
    /// How long it is until the next has to start, zero when it should have; nil: no job has a deadline.
    package let next: Duration?
}

extension StoreSession {
    private static let discardLate = SQLCatalog.statement("discard_late")

    /// The most jobs that one call discards.
    package static let discardLateMax = 1000

    /// Discards jobs that should have started by now, and lets those go on that stood in line behind them.
    package func discardLate() throws(StoreError) -> (late: LateJobs, queues: Set<QueueName>) {
        let rows = try run(Self.discardLate) {
            $0.int2(shard)
            $0.int4(Int32(Self.discardLateMax))
        }
        let late = LateJobs(
            discarded: rows.int8Array(0, 0).compactMap { JobID(rawValue: $0) },
            next: rows.int8IfPresent(0, 1).map { .milliseconds($0) }
        )
        return (late, late.discarded.isEmpty ? [] : try releaseLimited(by: late.discarded))
    }
}

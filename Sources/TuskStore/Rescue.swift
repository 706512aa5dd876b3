import TuskCore
import TuskPostgres

/// What one round of rescue did.
package struct RescueRound: Sendable, Hashable {
    /// Workers that were taken for dead.
    package let workers: Int
    /// Leases that were ended.
    package let leases: Int
    /// Jobs that ended: told to stop, or out of crash budget.
    package let jobsEnded: Int
    /// Jobs that are available again.
    package let jobsReturned: Int
    /// The queues of those, and of the jobs that could go on because of them, to wake workers.
    package let queues: [String]
}

/// What one round of promotion did.
package struct PromoteRound: Sendable, Hashable {
    /// Jobs that became available.
    package let jobs: Int
    /// Their queues, to wake workers.
    package let queues: [String]
    /// How long until the next job is due; nil: none waits for a time.
    package let nextDueIn: Duration?
}

extension StoreSession {
    /// The most workers of one round.
    package static let rescueWorkersMax = 20
    /// The most jobs of one round.
    package static let promoteJobsMax = 1000

    private static let rescueJobs = SQLCatalog.statement("rescue_jobs")
    private static let promoteJobs = SQLCatalog.statement("promote_jobs", isKept: true)

    /// Brings back the jobs of workers that were not heard of for their lease time, and then what waited for the limits
    /// and the lines of those that ended or gave room. Any number of processes may call it.
    package func rescue() throws(StoreError) -> RescueRound {
        let rows = try run(Self.rescueJobs) {
            $0.int2(shard)
            $0.int4(Int32(Self.rescueWorkersMax))
        }
        let gated = rows.int8Array(0, 5).compactMap { JobID(rawValue: $0) }
        let released = gated.isEmpty ? [] : try releaseLimited(by: gated)
        return RescueRound(
            workers: Int(rows.int8(0, 0)),
            leases: Int(rows.int8(0, 1)),
            jobsEnded: Int(rows.int8(0, 2)),
            jobsReturned: Int(rows.int8(0, 3)),
            queues: Set(rows.textArray(0, 4)).union(released.map(\.text)).sorted()
        )
    }

    /// Makes due jobs available. Any number of processes may call it.
    package func promote() throws(StoreError) -> PromoteRound {
        let rows = try run(Self.promoteJobs) {
            $0.int2(shard)
            $0.int4(Int32(Self.promoteJobsMax))
        }
        return PromoteRound(
            jobs: Int(rows.int8(0, 0)),
            queues: rows.textArray(0, 1),
            nextDueIn: rows.int8IfPresent(0, 2).map { .milliseconds($0) }
        )
    }
}

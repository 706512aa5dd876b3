package import TuskCore
import TuskPostgres

extension StoreSession {
    private static let findEndedJobs = SQLCatalog.statement("find_ended_jobs", isReadOnly: true)

    /// Which of these jobs have ended. `lately`: within the last two minutes, which is cheaper.
    package func ended(among jobs: [JobID], lately: Bool) throws(StoreError) -> Set<JobID> {
        let rows = try run(Self.findEndedJobs) {
            $0.int2(shard)
            $0.int8Array(jobs.map(\.rawValue))
            $0.bool(lately)
        }
        return Set((0..<rows.rowCount).compactMap { JobID(rawValue: rows.int8($0, 0)) })
    }
}

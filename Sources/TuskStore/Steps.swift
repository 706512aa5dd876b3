package import TuskCore
import TuskPostgres

/// A step of a job that is done.
package struct StepRecord: Sendable {
    package let name: String
    /// The lease under which it was done.
    package let lease: Int64
    package let keptAt: Timestamp
    /// What it gave back.
    package let value: JSONText
}

extension StoreSession {
    private static let keepStep = SQLCatalog.statement("keep_step")
    private static let readStep = SQLCatalog.statement("read_step", isReadOnly: true)
    private static let listSteps = SQLCatalog.statement("list_steps", isReadOnly: true)

    /// Keeps what a step gave back, for the job's next attempts; refused when the lease is stale, for a name that is
    /// none, and for a step that is done already or one more than a job may have.
    package func keepStep(
        _ name: String,
        of job: JobID,
        _ lease: LeaseNumber,
        _ value: JSONText
    ) throws(StoreError) {
        _ = try run(Self.keepStep) {
            $0.int8(job.rawValue)
            $0.int8(lease.rawValue)
            $0.text(name)
            $0.json(value.bytes)
        }
    }

    /// What a step gave back; nil: it is not done.
    package func step(_ name: String, of job: JobID) throws(StoreError) -> JSONText? {
        try run(Self.readStep) {
            $0.int8(job.rawValue)
            $0.text(name)
        }.jsonIfPresent(0, 0)
    }

    /// The steps of a job that are done, the oldest first.
    package func steps(of job: JobID) throws(StoreError) -> [StepRecord] {
        let rows = try run(Self.listSteps) {
            $0.int2(shard)
            $0.int8(job.rawValue)
            $0.int4(Int32(Self.detailRowsMax))
        }
        return (0..<rows.rowCount).map { row in
            StepRecord(
                name: rows.text(row, 0),
                lease: rows.int8(row, 1),
                keptAt: rows.moment(row, 2),
                value: JSONText(trusted: rows.bytes(row, 3))
            )
        }
    }
}

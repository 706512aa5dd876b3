package import TuskCore
import TuskPostgres

extension StoreSession {
    private static let saveCursor = SQLCatalog.statement("save_cursor")
    private static let readCursor = SQLCatalog.statement("read_cursor", isReadOnly: true)

    /// Saves how far a job has come, for its next attempt; refused when the lease is stale.
    package func saveCursor(_ job: JobID, _ lease: LeaseNumber, _ value: JSONText) throws(StoreError) {
        _ = try run(Self.saveCursor) {
            $0.int8(job.rawValue)
            $0.int8(lease.rawValue)
            $0.json(value.bytes)
        }
    }

    /// How far a job has come; nil: nothing was saved.
    package func cursor(of job: JobID) throws(StoreError) -> JSONText? {
        try run(Self.readCursor) { $0.int8(job.rawValue) }.jsonIfPresent(0, 0)
    }
}

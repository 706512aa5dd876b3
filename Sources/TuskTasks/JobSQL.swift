import Tusk
import TuskCore
import TuskPostgres

/// What a data task says to Tusk itself in its transactions.
enum JobSQL {
    /// $1 bigint: job, $2 bigint: lease, $3 json: result.
    private static let complete = Statement(name: "complete_job", text: "select tusk.complete($1, $2, $3)")
    /// $1 bigint: job, $2 bigint: lease, $3 json: value.
    private static let saveCursor = Statement(name: "save_cursor", text: "select tusk.save_cursor($1, $2, $3)")
    /// $1 bigint: job, $2 bigint: lease.
    private static let assertLease = Statement(name: "assert_lease", text: "select tusk.assert_lease($1, $2)")
    /// $1 bigint: job.
    private static let readCursor = Statement(
        name: "read_cursor",
        text: "select tusk.read_cursor($1)",
        isReadOnly: true
    )

    /// Completes the job in the open transaction, or throws: then the transaction must not be committed either. The
    /// worker settles it once more when the handler has returned; the lease tells the database that this is the same.
    static func complete(
        _ job: JobID,
        _ lease: LeaseNumber,
        _ result: JSONText,
        on session: Session
    ) throws(PostgresError) {
        _ = try session.run(complete, parameters(job, lease, result))
    }

    /// Saves how far the job is, in the open transaction.
    static func saveCursor(
        _ job: JobID,
        _ lease: LeaseNumber,
        _ value: JSONText,
        on session: Session
    ) throws(PostgresError) {
        _ = try session.run(saveCursor, parameters(job, lease, value))
    }

    /// Throws unless the lease is still the job's; in a transaction it stays so until that ends.
    static func assertLease(_ job: JobID, _ lease: LeaseNumber, on session: Session) throws(PostgresError) {
        var parameters = Parameters()
        parameters.int8(job.rawValue)
        parameters.int8(lease.rawValue)
        _ = try session.run(assertLease, parameters)
    }

    /// How far an attempt before has come; nil: there was none, or nothing was saved.
    static func readCursor(_ job: JobID, on session: Session) throws(PostgresError) -> JSONText? {
        var parameters = Parameters()
        parameters.int8(job.rawValue)
        return try session.run(readCursor, parameters).bytesIfPresent(0, 0).map { JSONText(trusted: $0) }
    }

    private static func parameters(_ job: JobID, _ lease: LeaseNumber, _ value: JSONText) -> Parameters {
        var parameters = Parameters()
        parameters.int8(job.rawValue)
        parameters.int8(lease.rawValue)
        parameters.json(value.bytes)
        return parameters
    }
}

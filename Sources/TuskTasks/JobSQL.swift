import Tusk
import TuskCore
import TuskPostgres

/// What a data task says to Tusk itself in its transactions.
enum JobSQL {
    /// $1 bigint: job, $2 bigint: lease, $3 json: result.
    private static let complete = Statement(name: "complete_job", text: "select tusk.complete($1, $2, $3)")
    /// $1 bigint: job, $2 bigint: lease, $3 json: value.
    private static let saveCursor = Statement(name: "save_cursor", text: "select tusk.save_cursor($1, $2, $3)")
    /// `id & 1023` is the shard of a job.
    ///
    /// $1 bigint: job, $2 bigint: lease, $3 smallint[]: severity, $4 text[]: message. Locks: only the new rows.
    private static let log = Statement(
        name: "write_job_log",
        text: """
            insert into tusk.job_log (shard, level, id, lease, line, logged_at, message)
            select $1 & 1023, given.level, $1, $2, given.line, clock_timestamp(), given.message
            from unnest($3, $4) with ordinality as given (level, message, line)
            """
    )
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

    /// Logs what a job says in the open transaction, which has to prove the lease too, by completing the job: what is
    /// said of a job that is completed comes too late otherwise. The first lines of its lease.
    static func log(
        _ job: JobID,
        _ lease: LeaseNumber,
        _ lines: [(severity: Int16, message: String)],
        on session: Session
    ) throws(PostgresError) {
        var parameters = Parameters()
        parameters.int8(job.rawValue)
        parameters.int8(lease.rawValue)
        parameters.int2Array(lines.map(\.severity))
        parameters.textArray(lines.map(\.message))
        _ = try session.run(log, parameters)
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

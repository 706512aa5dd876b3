import TuskPostgres

/// Sends batches to the server and finds the rows that it refuses. Used by one thread, inside one transaction.
///
/// Without care the batches of a buffer are one COPY, so the server works on one while the next is made. With care each
/// batch is a COPY of its own.
struct ImportLoader {
    /// The bytes of a batch without care: what the socket holds while the next one is made. 256 KiB.
    static let batchBytesWithoutCare = 256 << 10

    /// Rows loaded and set aside so far.
    private(set) var totals = ImportRun.Totals()

    private let session: Session
    private let copy: Statement
    private let target: TableName
    private let isCareful: Bool
    private var rejects: RejectSink
    /// The COPY that is under way.
    private var writer: CopyWriter?

    init(session: Session, copy: Statement, target: TableName, isCareful: Bool, rejects: RejectSink) {
        self.session = session
        self.copy = copy
        self.target = target
        self.isCareful = isCareful
        self.rejects = rejects
    }

    /// Before the first batch.
    func begin() throws(ImportFailure) {
        try run(ImportSQL.checkAtOnce)
    }

    /// Sets a row aside.
    mutating func reject(_ reject: Reject) throws(ImportFailure) {
        try rejects.add(reject)
        totals.rejected = rejects.count
        if rejects.isFull { try flush() }
    }

    /// The most bytes that a batch should have.
    var batchBytesMax: Int { isCareful ? .max : Self.batchBytesWithoutCare }

    /// Loads the rows of a batch; those that the server refuses are set aside. `buffer` is where their bytes are.
    mutating func load(_ batch: ImportBatch, from buffer: [UInt8]) throws(ImportFailure) {
        guard !batch.rows.isEmpty else { return }
        guard !isCareful else { return try loadCarefully(batch, from: buffer) }
        do throws(PostgresError) {
            let open: CopyWriter
            if let writer {
                open = writer
            } else {
                open = try session.copyIn(copy)
                writer = open
            }
            try open.write(batch.text(of: batch.rows.indices))
        } catch {
            throw Self.failure(error)
        }
        totals.rows += batch.rows.count
    }

    /// Waits until the server has taken what was sent, and writes the rows set aside.
    mutating func flush() throws(ImportFailure) {
        do throws(PostgresError) {
            if let writer {
                self.writer = nil
                _ = try writer.finish()
            }
        } catch {
            throw Self.failure(error)
        }
        do throws(PostgresError) {
            try rejects.flush(to: session)
        } catch {
            throw .database(error)
        }
    }

    /// An error of a COPY without care.
    private static func failure(_ error: PostgresError) -> ImportFailure {
        guard case .server(let server) = error, RefusedRows.isAboutRows(server) else { return .database(error) }
        return .needsCare
    }

    private mutating func loadCarefully(_ batch: ImportBatch, from buffer: [UInt8]) throws(ImportFailure) {
        var refused = RefusedRows(count: batch.rows.count)
        while let range = refused.next() {
            guard let error = try send(batch, range) else {
                totals.rows += range.count
                continue
            }
            let line = RefusedRows.line(in: error, table: target)
            guard refused.refused(range, line: line) else { continue }
            let row = batch.rows[range.lowerBound]
            try reject(Reject(line: row.line, reason: error.message, raw: buffer[row.raw]))
        }
    }

    /// Sends some rows. Returns the server's error when it is about them; then it is as if they had not been sent.
    private func send(_ batch: ImportBatch, _ range: Range<Int>) throws(ImportFailure) -> ServerError? {
        try run(ImportSQL.savepoint)
        do throws(PostgresError) {
            let writer = try session.copyIn(copy)
            try writer.write(batch.text(of: range))
            let count = try writer.finish()
            // A trigger may keep rows from the table without an error; they count as loaded, as it wants.
            precondition(count <= range.count, "the server copied more rows than were sent")
        } catch .server(let error) where RefusedRows.isAboutRows(error) {
            try run(ImportSQL.rollBack)
            try run(ImportSQL.release)
            return error
        } catch {
            throw .database(error)
        }
        try run(ImportSQL.release)
        return nil
    }

    private func run(_ statement: Statement) throws(ImportFailure) {
        do throws(PostgresError) {
            _ = try session.run(statement)
        } catch {
            throw .database(error)
        }
    }
}

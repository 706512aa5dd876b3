import TuskPostgres

/// Sends batches to the server and finds the rows that it refuses. Used by one thread, inside one transaction.
///
/// Without care the batches of a buffer are one COPY, so the server works on one while the next is made. With care each
/// batch is a COPY of its own, under a savepoint.
struct ImportLoader {
    /// The bytes of a batch without care: what the socket holds while the next one is made. 256 KiB.
    static let batchBytesWithoutCare = 256 << 10
    /// The same with care: 512 KiB. A chunk has few savepoints then, and a refused row makes few others go again.
    static let batchBytesWithCare = 512 << 10

    /// Rows loaded and set aside so far, also in earlier chunks.
    private(set) var totals: ImportState.Totals

    private let session: Session
    private let route: ImportRoute
    private let isCareful: Bool
    private var rejects: RejectSink
    /// The COPY that is under way.
    private var writer: CopyWriter?

    /// A loader for one chunk behind `state`.
    init(session: Session, route: ImportRoute, state: ImportState, rejects: RejectSink) {
        self.session = session
        self.route = route
        totals = state.totals
        isCareful = state.isCareful
        self.rejects = rejects
    }

    /// Before the first batch.
    func begin() throws(TaskFailure) {
        try run(ImportSQL.checkAtOnce)
        for statement in route.opening { try run(statement) }
    }

    /// Sets a row aside.
    mutating func reject(_ reject: Reject) throws(TaskFailure) {
        try rejects.add(reject)
        totals.rejected = rejects.count
        if rejects.isFull { try flush() }
    }

    /// The most bytes that a batch should have.
    var batchBytesMax: Int { isCareful ? Self.batchBytesWithCare : Self.batchBytesWithoutCare }

    /// Loads the rows of a batch; those that the server refuses are set aside. `buffer` is where their bytes are.
    mutating func load(_ batch: ImportBatch, from buffer: [UInt8]) throws(TaskFailure) {
        guard !batch.rows.isEmpty else { return }
        guard !isCareful else { return try loadCarefully(batch, from: buffer) }
        do throws(PostgresError) {
            let open: CopyWriter
            if let writer {
                open = writer
            } else {
                open = try session.copyIn(route.copy)
                writer = open
            }
            try open.write(batch.text(of: batch.rows.indices))
        } catch {
            throw Self.failure(error)
        }
        totals.rows += batch.rows.count
    }

    /// Waits until the server has taken what was sent, and writes the rows set aside.
    mutating func flush() throws(TaskFailure) {
        do throws(PostgresError) {
            if let writer {
                self.writer = nil
                _ = try writer.finish()
                if let merge = route.merge { _ = try session.run(merge) }
            }
        } catch {
            throw Self.failure(error)
        }
        try calling { () throws(PostgresError) in try rejects.flush(to: session) }
    }

    /// An error of a COPY without care.
    private static func failure(_ error: PostgresError) -> TaskFailure {
        guard case .server(let server) = error else { return .database(error) }
        // Source: PostgreSQL 15 manual, appendix A, invalid_column_reference; ON CONFLICT raises it.
        if server.sqlState == "42P10" { return .refused("the table has no unique index on the columns of key") }
        return RefusedRows.isAboutRows(server) ? .needsCare : .database(error)
    }

    private mutating func loadCarefully(_ batch: ImportBatch, from buffer: [UInt8]) throws(TaskFailure) {
        var refused = RefusedRows(count: batch.rows.count)
        while let range = refused.next() {
            guard let error = try send(batch, range) else {
                totals.rows += range.count
                continue
            }
            let line = RefusedRows.line(in: error, table: route.copyTable)
            guard refused.refused(range, line: line) else { continue }
            let row = batch.rows[range.lowerBound]
            try reject(Reject(line: row.line, reason: error.message, raw: buffer[row.raw]))
        }
    }

    /// Sends some rows. Returns the server's error when it is about them; then it is as if they had not been sent.
    private func send(_ batch: ImportBatch, _ range: Range<Int>) throws(TaskFailure) -> ServerError? {
        try run(ImportSQL.savepoint)
        do throws(PostgresError) {
            let writer = try session.copyIn(route.copy)
            try writer.write(batch.text(of: range))
            let count = try writer.finish()
            if let merge = route.merge { _ = try session.run(merge) }
            // A trigger may keep rows from the table without an error; they count as loaded, as it wants.
            precondition(count <= range.count, "the server copied more rows than were sent")
        } catch .server(let error) where RefusedRows.isAboutRows(error) {
            try run(ImportSQL.rollBack)
            try run(ImportSQL.release)
            return error
        } catch {
            throw Self.failure(error)
        }
        try run(ImportSQL.release)
        return nil
    }

    private func run(_ statement: Statement) throws(TaskFailure) {
        try calling { () throws(PostgresError) in _ = try session.run(statement) }
    }
}

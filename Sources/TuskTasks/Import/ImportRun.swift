import TuskCore
import TuskPostgres

/// One import: all rows of a source go to a table, or to the table of rejects, chunk by chunk.
///
/// A chunk is one transaction with its rows, its rejects and the job's cursor, and the last one completes the job. An
/// attempt goes on where the last chunk of the one before ended. A file smaller than a chunk is loaded whole or not at
/// all.
///
/// At first no savepoint is used: they cost every other session of the server once a transaction has more than 64 of
/// them. When the server refuses a row that looked good, the chunk begins anew with a savepoint for each batch, and the
/// rest of the file is loaded in that way too. (PostgreSQL 15, src/include/storage/proc.h, PGPROC_MAX_CACHED_SUBXIDS.)
struct ImportRun {
    /// What an import needs from outside.
    struct Surroundings {
        /// For the rejects.
        let job: Int64
        /// Plain bytes after which a chunk is committed.
        var chunkBytes = 16 << 20
        /// Whether the import should end.
        let shouldStop: () -> Bool
        /// The time that is left for it.
        var timeLeft: () -> Duration = { .seconds(3600) }
        /// Told how far it is, from 0 to 1, and how many rows were read.
        let report: (_ fraction: Double, _ rows: Int) -> Void
        /// What the attempt before has saved.
        let readCursor: (_ session: Session) throws(PostgresError) -> JSONText?
        /// Called at the end of a chunk's transaction; throws when it must not be committed.
        let saveCursor: (_ session: Session, _ cursor: JSONText) throws(PostgresError) -> Void
        /// Called at the end of the last transaction with the result of the job; throws when it must not be committed.
        let complete: (_ session: Session, _ result: JSONText) throws(PostgresError) -> Void
    }

    private let plan: ImportPlan
    private let surroundings: Surroundings

    /// Checks what can be known without the file and the database.
    init(_ args: ImportArgs, tables: AllowedTables, _ surroundings: Surroundings) throws(TaskFailure) {
        plan = try ImportPlan(args, tables: tables, job: surroundings.job)
        self.surroundings = surroundings
    }

    /// Where the rows come from.
    var source: ImportPlan.Source { plan.source }

    /// Does it. Blocks.
    func perform(_ source: any InputSource, on session: Session) throws(TaskFailure) -> ImportState {
        do throws(TaskFailure) {
            return try attempt(source, on: session)
        } catch {
            if plan.args.mode == .replace { try clearUp(after: error, session) }
            throw error
        }
    }

    private func attempt(_ source: any InputSource, on session: Session) throws(TaskFailure) -> ImportState {
        let former = try formerState(session)
        let table = try columns(on: session)
        if let version = former?.version { source.expect(version) }
        let bytes = try InputBytes(source, expecting: former?.mark, plainBytesMax: plan.plainBytesMax)
        let reader = try ImportReader(bytes, bytesMax: surroundings.chunkBytes)
        switch plan.format {
        case .csv:
            var reader = reader
            let rows = CSVRows(try mapping(&reader, table), plan.dialect)
            return try pass(rows, reader, bytes, former, session)
        case .ndjson:
            let rows = try JSONRows(wanted: plan.args.columns, first: reader.peekedLine, table: table)
            return try pass(rows, reader, bytes, former, session)
        }
    }

    private func pass(
        _ rows: some ImportRows,
        _ reader: consuming ImportReader,
        _ bytes: InputBytes,
        _ former: ImportState?,
        _ session: Session
    ) throws(TaskFailure) -> ImportState {
        let route = try plan.route(rows.columns, isNew: former == nil)
        let following = try plan.route(rows.columns, isNew: false)
        var pass = try ImportPass(
            plan: plan,
            surroundings: surroundings,
            routes: (route, following),
            rows: rows,
            reader: reader,
            bytes: bytes,
            former: former
        )
        return try pass.load(on: session)
    }

    /// What an attempt before has committed; nil: nothing, or what it had set up is gone.
    private func formerState(_ session: Session) throws(TaskFailure) -> ImportState? {
        let cursor = try calling { () throws(PostgresError) in try surroundings.readCursor(session) }
        guard let cursor else { return nil }
        guard let state = ImportState(cursor) else { throw .refused("the cursor of the job is not one of an import") }
        guard plan.args.mode == .replace else { return state }
        var parameters = Parameters()
        parameters.text(plan.staging.quoted)
        let answer = try calling { () throws(PostgresError) in try session.run(ImportSQL.findTable, parameters) }
        return answer.bool(0, 0) ? state : nil
    }

    /// Removes the table with the rows that would have replaced others, when the job ends for good.
    private func clearUp(after failure: TaskFailure, _ session: Session) throws(TaskFailure) {
        let isFinal: Bool
        switch failure {
        case .refused: isFinal = true
        case .database(.server(let error)): isFinal = error.sqlState == "TK002"
        case .database, .unreadable, .unavailable, .busy, .postponed, .stopped, .needsCare: isFinal = false
        }
        guard isFinal, session.isUsable else { return }
        try calling { () throws(PostgresError) in _ = try session.run(ImportSQL.drop(plan.staging)) }
    }

    /// The columns of the table.
    private func columns(on session: Session) throws(TaskFailure) -> [TableColumn] {
        var parameters = Parameters()
        parameters.text(plan.target.schema)
        parameters.text(plan.target.name)
        let rows = try calling { () throws(PostgresError) in try session.run(ImportSQL.readColumns, parameters) }
        guard rows.rowCount > 0 else { throw .refused("there is no table \(plan.target)") }
        return (0..<rows.rowCount).map { row in
            TableColumn(
                name: rows.text(row, 0),
                rule: ValueRule(typeNumber: rows.int8(row, 1), modifier: rows.int4(row, 2)),
                refusesNull: rows.bool(row, 3),
                isGenerated: rows.bool(row, 4),
                hasDefault: rows.bool(row, 5)
            )
        }
    }

    /// Which field goes where; reads the header if there is one.
    private func mapping(_ reader: inout ImportReader, _ table: [TableColumn]) throws(TaskFailure) -> ImportMapping {
        let args = plan.args
        guard args.header else {
            let count = reader.peekFieldCount(plan.dialect)
            return try ImportMapping(fieldCount: count, wanted: args.columns, table: table)
        }
        var parser = CSVParser(plan.dialect)
        switch reader.item(&parser) {
        case .exhausted: throw .refused("the file has no header")
        case .fault(let fault, _, _): throw .refused("the header has \(fault.reason)")
        case .row:
            let names = parser.fields.map { field in
                var name: [UInt8] = []
                field.append(from: reader.buffer.span, to: &name)
                return String(decoding: name, as: UTF8.self)
            }
            return try ImportMapping(header: names, wanted: args.columns, table: table)
        }
    }
}

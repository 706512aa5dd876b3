import TuskCore
import TuskPostgres

/// One import: all rows of a file go to a table, or to the table of rejects, in one transaction.
///
/// The first time no savepoint is used: they cost every other session of the server once a transaction has more than 64
/// of them. When the server refuses a row that looked good, the import begins anew with a savepoint for each batch.
/// (PostgreSQL 15, src/include/storage/proc.h, PGPROC_MAX_CACHED_SUBXIDS.)
struct ImportRun {
    /// What an import needs from outside.
    struct Surroundings {
        /// For the rejects.
        let job: Int64
        /// Whether the import should end.
        let shouldStop: () -> Bool
        /// Told how far it is, from 0 to 1, and how many rows were read.
        let report: (_ fraction: Double, _ rows: Int) -> Void
        /// Called at the end of the transaction with the result of the job; throws when it must not be committed.
        let complete: (_ session: Session, _ result: JSONText) throws(PostgresError) -> Void
    }

    /// What an import has done.
    struct Totals: Sendable, Hashable {
        var rows = 0
        var rejected = 0
        var bytes = 0

        /// The result of the job.
        var json: JSONText {
            var writer = JSONWriter(capacity: 64)
            writer.beginObject()
            writer.key("rows")
            writer.int(Int64(rows))
            writer.key("rejected")
            writer.int(Int64(rejected))
            writer.key("bytes")
            writer.int(Int64(bytes))
            writer.endObject()
            return writer.text
        }
    }

    private let args: ImportArgs
    private let dialect: CSVDialect
    private let target: TableName
    private let rejects: TableName
    private let surroundings: Surroundings

    /// Checks what can be known without the file and the database.
    init(_ args: ImportArgs, _ surroundings: Surroundings) throws(ImportFailure) {
        self.args = args
        self.surroundings = surroundings
        guard let dialect = CSVDialect(delimiter: args.delimiter, null: args.null) else {
            throw .refused("delimiter must be one byte that is no quote and no line end, and not part of null")
        }
        guard let target = TableName(args.table) else {
            throw .refused("table must be a name or schema.name, and none of the server's or of Tusk's own")
        }
        guard let rejects = args.rejectTable.map({ TableName($0) }) ?? target.rejects, rejects != target else {
            throw .refused("reject_table must be the name of another table")
        }
        guard (0...ImportArgs.rejectsMaxLimit).contains(args.rejectsMax) else {
            throw .refused("rejects_max must be from 0 to \(ImportArgs.rejectsMaxLimit)")
        }
        self.dialect = dialect
        self.target = target
        self.rejects = rejects
    }

    /// Does it. Blocks.
    func perform(_ file: ImportFile, on session: Session) throws(ImportFailure) -> Totals {
        do throws(ImportFailure) {
            return try attempt(file, on: session, isCareful: false)
        } catch .needsCare {
            return try attempt(file, on: session, isCareful: true)
        }
    }

    private func attempt(
        _ file: ImportFile,
        on session: Session,
        isCareful: Bool
    ) throws(ImportFailure) -> Totals {
        let table = try columns(on: session)
        return try session.transaction(mapping: ImportFailure.database) { session throws(ImportFailure) in
            var reader = try ImportReader(file)
            var parser = CSVParser(dialect)
            let mapping = try mapping(&reader, &parser, table)
            var loader = ImportLoader(
                session: session,
                copy: ImportSQL.copy(into: target, columns: mapping.columns.map(\.column.name)),
                target: target,
                isCareful: isCareful,
                rejects: RejectSink(table: rejects, job: surroundings.job, countMax: args.rejectsMax)
            )
            try loader.begin()
            var encoder = RowEncoder(mapping, dialect)
            var batch = ImportBatch()
            repeat {
                var isEnd = false
                while !isEnd {
                    if surroundings.shouldStop() { throw .stopped }
                    isEnd = try collect(&batch, &reader, &parser, &encoder, &loader)
                    try loader.load(batch, from: reader.buffer)
                }
                try loader.flush()
                surroundings.report(Double(reader.bytesRead) / Double(max(1, file.byteCount)), loader.totals.rows)
            } while try reader.refill()
            var totals = loader.totals
            totals.bytes = reader.bytesRead
            do throws(PostgresError) {
                try surroundings.complete(session, totals.json)
            } catch {
                throw .database(error)
            }
            return totals
        }
    }

    /// The next rows of the buffer; whether they are the last.
    private func collect(
        _ batch: inout ImportBatch,
        _ reader: inout ImportReader,
        _ parser: inout CSVParser,
        _ encoder: inout RowEncoder,
        _ loader: inout ImportLoader
    ) throws(ImportFailure) -> Bool {
        batch.removeAll()
        while batch.text.count < loader.batchBytesMax {
            switch reader.item(&parser) {
            case .exhausted: return true
            case .fault(let fault, let line, let range):
                try loader.reject(Reject(line: line, reason: fault.reason, raw: reader.buffer[range]))
            case .row(let line, let range):
                let reason = batch.append(parser.fields, from: reader.buffer, line: line, raw: range, &encoder)
                if let reason {
                    try loader.reject(Reject(line: line, reason: reason, raw: reader.buffer[range]))
                }
            }
        }
        return false
    }

    /// The columns of the table.
    private func columns(on session: Session) throws(ImportFailure) -> [TableColumn] {
        var parameters = Parameters()
        parameters.text(target.schema)
        parameters.text(target.name)
        let rows: ResultSet
        do throws(PostgresError) {
            rows = try session.run(ImportSQL.readColumns, parameters)
        } catch {
            throw .database(error)
        }
        guard rows.rowCount > 0 else { throw .refused("there is no table \(target)") }
        return (0..<rows.rowCount).map { row in
            TableColumn(
                name: rows.text(row, 0),
                rule: ValueRule(typeNumber: rows.int8(row, 1), modifier: rows.int4(row, 2)),
                refusesNull: rows.bool(row, 3),
                isGenerated: rows.bool(row, 4)
            )
        }
    }

    /// Which field goes where; reads the header if there is one.
    private func mapping(
        _ reader: inout ImportReader,
        _ parser: inout CSVParser,
        _ table: [TableColumn]
    ) throws(ImportFailure) -> ImportMapping {
        guard args.header else {
            return try ImportMapping(fieldCount: reader.peekFieldCount(dialect), wanted: args.columns, table: table)
        }
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

import CLibPQ
import Glibc

/// The rows of one answer in PostgreSQL's binary format. Owns the `PGresult` and clears it exactly once.
///
/// Rows and columns count from zero. Reading a cell as another type than it has, or null as a value, is a mistake in
/// the program and stops it; what the SQL says decides both.
///
/// `@unchecked Sendable`: libpq does not change a `PGresult` once it has handed it out, and the functions used here
/// only read it (PostgreSQL 15 manual, 34.20 "Behavior in Threaded Programs"), so several threads may meet in it; the
/// one change, clearing it, happens in `deinit`, when nobody has it any more.
@safe package final class ResultSet: @unchecked Sendable {
    private let result: OpaquePointer

    /// How many rows the answer has.
    package let rowCount: Int

    /// Takes ownership; the caller must not clear `result`.
    init(owning result: OpaquePointer) {
        unsafe self.result = result
        rowCount = unsafe Int(PQntuples(result))
    }

    deinit {
        unsafe PQclear(result)
    }

    /// How many columns each row has.
    package var columnCount: Int { unsafe Int(PQnfields(result)) }

    /// How many rows the command inserted, updated, deleted, copied or selected; zero for other commands.
    package var commandRowCount: Int {
        unsafe Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    /// What the server calls the command that was done, such as `COMMIT` or `INSERT 0 1`.
    package var commandTag: String { unsafe String(cString: PQcmdStatus(result)) }

    /// What kind of answer it is.
    var status: ExecStatusType { unsafe PQresultStatus(result) }

    /// The error, when it is one. Without an SQLSTATE it is libpq that reports.
    func serverError(statement: String?) -> ServerError {
        unsafe ServerError(result: result, statement: statement)
    }

    /// The type of a column.
    package func columnType(_ column: Int) -> PostgresType {
        PostgresType(oid: unsafe PQftype(result, Int32(column)))
    }

    /// Whether the cell is null.
    package func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return unsafe PQgetisnull(result, Int32(row), Int32(column)) != 0
    }

    /// How many bytes the server sent for a cell; 0 for null.
    package func byteCount(_ row: Int, _ column: Int) -> Int {
        check(row, column)
        return unsafe Int(PQgetlength(result, Int32(row), Int32(column)))
    }

    /// Calls `body` with the cell's bytes as the server sent them; they must not be kept.
    package func withBytes<Answer, Failure: Error>(
        _ row: Int,
        _ column: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try unsafe body(cell(row, column))
    }

    /// Whether the cell holds just these bytes; cheaper than taking them out.
    package func holds(_ bytes: [UInt8], _ row: Int, _ column: Int) -> Bool {
        let cell = unsafe cell(row, column)
        guard cell.count == bytes.count else { return false }
        guard let start = cell.baseAddress else { return true }
        return unsafe bytes.withUnsafeBytes { unsafe memcmp(start, $0.baseAddress ?? start, $0.count) == 0 }
    }

    /// The cell's bytes; valid while `self` lives, so it must not leave the function that asks for it.
    private func cell(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        check(row, column)
        precondition(
            unsafe PQgetisnull(result, Int32(row), Int32(column)) == 0,
            "row \(row), column \(column) is null"
        )
        let length = unsafe Int(PQgetlength(result, Int32(row), Int32(column)))
        return unsafe UnsafeRawBufferPointer(start: PQgetvalue(result, Int32(row), Int32(column)), count: length)
    }

    private func check(_ row: Int, _ column: Int) {
        precondition(row >= 0 && row < rowCount, "no such row in the answer")
        precondition(column >= 0 && column < columnCount, "no such column in the answer")
    }
}

/// Cells as values.
extension ResultSet {
    /// A `smallint`.
    package func int2(_ row: Int, _ column: Int) -> Int16 { integer(row, column) }

    /// An `integer`.
    package func int4(_ row: Int, _ column: Int) -> Int32 { integer(row, column) }

    /// A `bigint` or `xid8`; also a `smallint` or `integer`, widened.
    package func int8(_ row: Int, _ column: Int) -> Int64 {
        switch unsafe PQgetlength(result, Int32(row), Int32(column)) {
        case 2: Int64(int2(row, column))
        case 4: Int64(int4(row, column))
        default: integer(row, column)
        }
    }

    /// A `boolean`.
    package func bool(_ row: Int, _ column: Int) -> Bool { (integer(row, column) as UInt8) != 0 }

    /// A `double precision`.
    package func float8(_ row: Int, _ column: Int) -> Double { Double(bitPattern: integer(row, column)) }

    /// A `timestamptz` as microseconds since 1970-01-01 UTC; the infinities are the largest and smallest number.
    package func timestamp(_ row: Int, _ column: Int) -> Int64 {
        PostgresEpoch.since1970(integer(row, column))
    }

    /// A `text`, or another type whose binary form is its text (`json`, `jsonb`, `name`, `varchar`). Bytes that are not
    /// UTF-8 become U+FFFD.
    package func text(_ row: Int, _ column: Int) -> String {
        unsafe withContent(row, column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a `bytea`, or of any type `text` can read.
    package func bytes(_ row: Int, _ column: Int) -> [UInt8] {
        unsafe withContent(row, column) { unsafe Array($0) }
    }

    /// A `uuid` as its high and low 64 bits.
    package func uuid(_ row: Int, _ column: Int) -> (high: UInt64, low: UInt64) {
        let cell = unsafe cell(row, column)
        precondition(cell.count == 16, "row \(row), column \(column) is not a uuid")
        return unsafe (
            UInt64(bigEndian: cell.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: cell.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// The cell without the version byte that `jsonb` has in front of its text.
    private func withContent<Answer>(
        _ row: Int,
        _ column: Int,
        _ body: (UnsafeRawBufferPointer) -> Answer
    ) -> Answer {
        let cell = unsafe cell(row, column)
        guard columnType(column) == .jsonb else { return unsafe body(cell) }
        precondition(unsafe cell.first == 1, "a version of jsonb's binary format that is not known")
        return unsafe body(UnsafeRawBufferPointer(rebasing: cell.dropFirst()))
    }

    private func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ row: Int, _ column: Int) -> Value {
        let cell = unsafe cell(row, column)
        precondition(cell.count == MemoryLayout<Value>.size, "row \(row), column \(column) has another type")
        return unsafe Value(bigEndian: cell.loadUnaligned(as: Value.self))
    }
}

/// The same for cells that may be null.
extension ResultSet {
    /// An `integer` or null.
    package func int4IfPresent(_ row: Int, _ column: Int) -> Int32? { isNull(row, column) ? nil : int4(row, column) }

    /// A `bigint` or null.
    package func int8IfPresent(_ row: Int, _ column: Int) -> Int64? { isNull(row, column) ? nil : int8(row, column) }

    /// A `double precision` or null.
    package func float8IfPresent(_ row: Int, _ column: Int) -> Double? {
        isNull(row, column) ? nil : float8(row, column)
    }

    /// A `timestamptz` or null.
    package func timestampIfPresent(_ row: Int, _ column: Int) -> Int64? {
        isNull(row, column) ? nil : timestamp(row, column)
    }

    /// A `text` or null.
    package func textIfPresent(_ row: Int, _ column: Int) -> String? { isNull(row, column) ? nil : text(row, column) }

    /// Bytes or null.
    package func bytesIfPresent(_ row: Int, _ column: Int) -> [UInt8]? {
        isNull(row, column) ? nil : bytes(row, column)
    }
}

/// Finds the rows of one format in a buffer. Pure: the caller fills the buffer.
protocol RowFinder {
    /// Looks at the row that starts at `start`; `isLast` says that nothing follows the buffer.
    mutating func next(in buffer: Span<UInt8>, from start: Int, isLast: Bool) -> RowStep
}

/// What stands at a place in the buffer.
enum RowStep: Sendable, Hashable {
    /// A row. It spans `lines` lines and ends before `end`; `next` is behind its line end.
    case row(end: Int, next: Int, lines: Int)
    /// A line that is not part of any row.
    case fault(CSVFault, end: Int, next: Int)
    /// A line too long to be in the buffer as a whole; what is there of it ends at `end`.
    case overlong(end: Int)
    /// The row goes on behind the buffer.
    case incomplete
    /// Nothing is left.
    case finished
}

/// Finds rows and writes them for COPY.
protocol ImportRows: RowFinder {
    /// The columns that the rows have values for, in the order in which they are written.
    var columns: [TableColumn] { get }

    /// Appends the row found last, which lies in a range of the buffer, without its line end; or leaves `text` as it
    /// was and says what is wrong with the row.
    mutating func append(_ range: Range<Int>, of buffer: [UInt8], to text: inout [UInt8]) -> String?
}

/// The rows of a CSV file.
struct CSVRows: ImportRows {
    let columns: [TableColumn]
    private var parser: CSVParser
    private var encoder: RowEncoder

    init(_ mapping: ImportMapping, _ dialect: CSVDialect) {
        columns = mapping.columns.map(\.column)
        parser = CSVParser(dialect)
        encoder = RowEncoder(mapping, dialect)
    }

    mutating func next(in buffer: Span<UInt8>, from start: Int, isLast: Bool) -> RowStep {
        parser.next(in: buffer, from: start, isLast: isLast)
    }

    mutating func append(_ range: Range<Int>, of buffer: [UInt8], to text: inout [UInt8]) -> String? {
        encoder.append(parser.fields, from: buffer, to: &text)
    }
}

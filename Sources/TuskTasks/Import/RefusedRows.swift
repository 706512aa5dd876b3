import TuskPostgres

/// Finds the rows that made the server refuse a batch. Pure: the caller tries and reports.
///
/// The server says which line of a COPY it did not take, so the rows before it, the row, and the rows behind it are
/// tried apart. Where it does not say, as with foreign keys, halves are. Only a row that was refused when it was tried
/// alone is set aside.
struct RefusedRows {
    /// What is still to be tried; the first rows come last.
    private var waiting: [Range<Int>]

    /// All rows of a batch.
    init(count: Int) {
        waiting = count > 0 ? [0..<count] : []
    }

    /// What to try next; nil when all rows were taken or set aside.
    mutating func next() -> Range<Int>? { waiting.popLast() }

    /// Notes that the server refused some rows. `line` is the place among them that it named, from 1. True when it was
    /// a single row, which is to be set aside.
    mutating func refused(_ range: Range<Int>, line: Int?) -> Bool {
        guard range.count > 1 else { return true }
        if let line, (1...range.count).contains(line) {
            let row = range.lowerBound + line - 1
            add((row + 1)..<range.upperBound)
            add(row..<(row + 1))
            add(range.lowerBound..<row)
        } else {
            let middle = range.lowerBound + range.count / 2
            add(middle..<range.upperBound)
            add(range.lowerBound..<middle)
        }
        return false
    }

    private mutating func add(_ range: Range<Int>) {
        if !range.isEmpty { waiting.append(range) }
    }

    /// The line in `COPY airports, line 3, column latitude: "abc"`, in whatever language the server writes it.
    static func line(in error: ServerError, table: String) -> Int? {
        let opening = Array("COPY \(table), ".utf8)
        guard let context = error.context.map({ Array($0.utf8) }) else { return nil }
        for start in context.indices where context[start...].starts(with: opening) {
            let rest = context[(start + opening.count)...].drop { !$0.isDigit }
            let digits = rest.prefix { $0.isDigit }
            return digits.count > 15 ? nil : Int(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }

    /// Whether an error is about the rows and not about the statement, the rights or the server.
    ///
    /// Source: PostgreSQL 15 manual, appendix A: data exceptions, broken constraints, views' checks, values beyond the
    /// server's limits, and what triggers raise.
    static func isAboutRows(_ error: ServerError) -> Bool {
        ["22", "23", "44", "54", "P0"].contains(String(error.sqlState.prefix(2)))
    }
}

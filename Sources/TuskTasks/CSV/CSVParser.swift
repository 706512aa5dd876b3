/// Finds rows and their fields in a buffer, strictly by RFC 4180, without copying. Pure: the caller fills the buffer.
///
/// ```
///               quote                      quote
///  field start -------> inside quotes <---------------> quote seen
///    |  ^  |              (anything)    another quote:      |
///    |  |  | other byte                 one that is meant   |
///    |  |  v                                                |
///    |  +-- plain --- line end ---> row <--- line end ------+
///    |delimiter                                             |
///    +------------------------ delimiter -------------------+
/// ```
///
/// Lines end in LF or CRLF; the last one may end with the file. A row with a fault ends at its first line end, so that
/// a quote that is never closed does not swallow the rows below it.
struct CSVParser: RowFinder {
    /// The longest row, in bytes. Bounds memory, and how far a quote that is never closed is looked for: 1 MiB.
    static let rowBytesMax = 1 << 20

    /// The fields of the row found last; the array is used again for each row.
    private(set) var fields: [CSVField] = []
    private let delimiter: UInt8

    init(_ dialect: CSVDialect) {
        delimiter = dialect.delimiter
    }

    /// Looks at the row that starts at `start`; `isLast` says that nothing follows the buffer.
    mutating func next(in buffer: Span<UInt8>, from start: Int, isLast: Bool) -> RowStep {
        guard start < buffer.count else { return isLast ? .finished : .incomplete }
        fields.removeAll(keepingCapacity: true)
        var scan = Scan(at: start)
        while true {
            let isQuoted = scan.at < buffer.count && buffer[scan.at] == CSVDialect.quote
            let stop = isQuoted ? quotedField(in: buffer, &scan, isLast) : plainField(in: buffer, &scan, isLast)
            switch stop {
            case .delimiter: continue
            case .lineEnd where scan.end - start > Self.rowBytesMax:
                return line(in: buffer, from: start, isLast, .tooLong)
            case .lineEnd: return .row(end: scan.end, next: scan.at, lines: scan.lines)
            case .fault(let fault): return line(in: buffer, from: start, isLast, fault)
            case .bufferEnd where buffer.count - start >= Self.rowBytesMax:
                return line(in: buffer, from: start, isLast, isQuoted ? .openQuote : .tooLong)
            case .bufferEnd: return .incomplete
            }
        }
    }

    /// The place in the buffer, and what was seen on the way.
    private struct Scan {
        var at: Int
        /// Where the row's last field ended.
        var end = 0
        var lines = 1
    }

    /// What ended a field.
    private enum Stop {
        case delimiter
        case lineEnd
        case fault(CSVFault)
        case bufferEnd
    }

    private mutating func plainField(in buffer: Span<UInt8>, _ scan: inout Scan, _ isLast: Bool) -> Stop {
        let start = scan.at
        var at = start
        while at < buffer.count {
            let byte = buffer[at]
            if byte == delimiter || byte == CSVDialect.lineFeed || byte == CSVDialect.carriageReturn { break }
            guard byte != CSVDialect.quote else { return .fault(.strayQuote) }
            at += 1
        }
        fields.append(CSVField(start: start, end: at, form: .plain))
        scan.at = at
        return fieldEnd(in: buffer, &scan, isLast, otherwise: .strayCarriageReturn)
    }

    private mutating func quotedField(in buffer: Span<UInt8>, _ scan: inout Scan, _ isLast: Bool) -> Stop {
        let start = scan.at + 1
        var at = start
        var form = CSVField.Form.quoted
        while true {
            guard at < buffer.count else { return isLast ? .fault(.openQuote) : .bufferEnd }
            let byte = buffer[at]
            if byte == CSVDialect.quote {
                guard at + 1 < buffer.count || isLast else { return .bufferEnd }
                guard at + 1 < buffer.count, buffer[at + 1] == CSVDialect.quote else { break }
                form = .escaped
                at += 1
            } else if byte == CSVDialect.lineFeed {
                scan.lines += 1
            }
            at += 1
        }
        fields.append(CSVField(start: start, end: at, form: form))
        scan.at = at + 1
        return fieldEnd(in: buffer, &scan, isLast, otherwise: .afterQuote)
    }

    /// Looks at what stands behind a field and goes past it.
    private func fieldEnd(
        in buffer: Span<UInt8>,
        _ scan: inout Scan,
        _ isLast: Bool,
        otherwise fault: CSVFault
    ) -> Stop {
        scan.end = scan.at
        guard scan.at < buffer.count else { return isLast ? .lineEnd : .bufferEnd }
        switch buffer[scan.at] {
        case delimiter:
            scan.at += 1
            return .delimiter
        case CSVDialect.lineFeed:
            scan.at += 1
            return .lineEnd
        case CSVDialect.carriageReturn:
            guard scan.at + 1 < buffer.count else { return isLast ? .fault(.strayCarriageReturn) : .bufferEnd }
            guard buffer[scan.at + 1] == CSVDialect.lineFeed else { return .fault(.strayCarriageReturn) }
            scan.at += 2
            return .lineEnd
        default:
            return .fault(fault)
        }
    }

    /// The line that starts at `start`, without its line end.
    private func line(in buffer: Span<UInt8>, from start: Int, _ isLast: Bool, _ fault: CSVFault) -> RowStep {
        var at = start
        while at < buffer.count, buffer[at] != CSVDialect.lineFeed { at += 1 }
        guard at < buffer.count || isLast else {
            return buffer.count - start < Self.rowBytesMax ? .incomplete : .overlong(end: buffer.count)
        }
        let isCRLF = at > start && at < buffer.count && buffer[at - 1] == CSVDialect.carriageReturn
        return .fault(fault, end: isCRLF ? at - 1 : at, next: min(at + 1, buffer.count))
    }
}

/// Where one field of a row is in the buffer it was found in.
struct CSVField: Sendable, Hashable {
    /// How the field is written.
    enum Form: Sendable, Hashable {
        /// Without quotes.
        case plain
        /// Between quotes, which are not part of the range.
        case quoted
        /// Between quotes, with doubled quotes inside that mean one each.
        case escaped
    }

    /// Offset of its first byte in the buffer.
    let start: Int
    /// Offset behind its last byte.
    let end: Int
    let form: Form

    /// Appends what the field means.
    func append(from buffer: Span<UInt8>, to value: inout [UInt8]) {
        var at = start
        while at < end {
            let byte = buffer[at]
            value.append(byte)
            at += byte == CSVDialect.quote && form == .escaped ? 2 : 1
        }
    }
}

/// Why a row is not CSV as RFC 4180 has it.
enum CSVFault: Sendable, Hashable {
    /// A quote inside a field that does not start with one.
    case strayQuote
    /// Something between the closing quote of a field and the next delimiter or line end.
    case afterQuote
    /// A quoted field without a closing quote.
    case openQuote
    /// A carriage return without a line feed, outside quotes.
    case strayCarriageReturn
    /// Longer than `CSVParser.rowBytesMax`.
    case tooLong

    /// In words, for the person who has to mend the file.
    var reason: String {
        switch self {
        case .strayQuote: "a quote inside a field that does not start with one"
        case .afterQuote: "text after the closing quote of a field"
        case .openQuote: "a quoted field that is never closed"
        case .strayCarriageReturn: "a carriage return without a line feed"
        case .tooLong: "a row longer than \(CSVParser.rowBytesMax) bytes"
        }
    }
}

/// How the rows of a CSV file are written, beyond what RFC 4180 fixes.
struct CSVDialect: Sendable, Hashable {
    /// The byte between fields: ASCII, not a quote, not a line end. Defaults to a comma.
    let delimiter: UInt8
    /// What an unquoted field says for null. Defaults to nothing at all.
    let null: [UInt8]

    /// Comma and empty null.
    static let standard = CSVDialect(delimiter: UInt8(ascii: ","), null: [])

    /// The byte around fields that contain delimiters, quotes or line ends.
    static let quote = UInt8(ascii: "\"")
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    private init(delimiter: UInt8, null: [UInt8]) {
        self.delimiter = delimiter
        self.null = null
    }

    /// Nil when the delimiter is not one byte that can stand between fields, or the word for null could not be told
    /// from the rest of the row.
    init?(delimiter: String, null: String) {
        let bytes = Array(delimiter.utf8)
        guard bytes.count == 1, let byte = bytes.first, (0x09...0x7E).contains(byte) else { return nil }
        let fixed = [Self.quote, Self.lineFeed, Self.carriageReturn]
        let word = Array(null.utf8)
        guard !fixed.contains(byte), !word.contains(where: { fixed.contains($0) || $0 == byte }) else { return nil }
        self.init(delimiter: byte, null: word)
    }
}

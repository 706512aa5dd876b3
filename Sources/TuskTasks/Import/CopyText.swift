/// The text format of COPY. Source: PostgreSQL 15 manual, COPY, "Text Format".
enum CopyText {
    static let tab = UInt8(ascii: "\t")
    static let lineFeed = UInt8(ascii: "\n")
    /// How null is written.
    static let null = Array(#"\N"#.utf8)

    private static let backslash = UInt8(ascii: "\\")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Appends a value, with a backslash where a byte would mean something else.
    static func append(_ value: ArraySlice<UInt8>, to text: inout [UInt8]) {
        guard value.contains(where: isSpecial) else {
            text.append(contentsOf: value)
            return
        }
        for byte in value {
            if isSpecial(byte) { text.append(backslash) }
            text.append(letter(for: byte))
        }
    }

    /// Appends a row of one column that holds JSON, as the server sends it, on a line of its own. Line ends and tabs
    /// can only stand between its tokens, where a space means the same.
    static func appendJSON(_ row: [UInt8], to text: inout [UInt8]) {
        guard row.contains(backslash) else {
            text.append(contentsOf: row)
            return
        }
        var isEscaped = false
        for byte in row {
            if isEscaped {
                text.append(byte == backslash ? backslash : UInt8(ascii: " "))
                isEscaped = false
            } else if byte == backslash {
                isEscaped = true
            } else {
                text.append(byte)
            }
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == tab || byte == lineFeed || byte == carriageReturn || byte == backslash
    }

    private static func letter(for byte: UInt8) -> UInt8 {
        switch byte {
        case tab: UInt8(ascii: "t")
        case lineFeed: UInt8(ascii: "n")
        case carriageReturn: UInt8(ascii: "r")
        default: byte
        }
    }
}

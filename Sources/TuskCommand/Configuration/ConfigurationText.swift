/// A configuration file's text, read as a small, strict part of TOML: comments, `[sections]`, bare, quoted and dotted
/// keys, strings in double or single quotes, whole numbers, `true` and `false`, and arrays of strings.
///
/// Source: TOML 1.0.0 (toml.io). Everything else of it is refused, never guessed at.
struct ConfigurationText: Sendable {
    /// A value with the line it is on.
    struct Entry: Sendable, Hashable {
        let value: Value
        let line: Int
    }

    /// What can stand behind a key.
    enum Value: Sendable, Hashable {
        case string(String)
        case integer(Int64)
        case bool(Bool)
        case strings([String])
    }

    /// What is wrong, and where.
    struct Fault: Error, Equatable, Sendable {
        let line: Int
        let message: String
    }

    /// The values by their full keys, such as `api.listen`.
    private(set) var entries: [String: Entry] = [:]

    private var bytes: ArraySlice<UInt8>
    private var line = 1
    private var section = ""
    /// The lines of its sections by their names, also of those without a value.
    private(set) var sections: [String: Int] = [:]

    /// Reads the whole text.
    init(_ text: [UInt8]) throws(Fault) {
        bytes = text[...]
        guard String(validating: text, as: UTF8.self) != nil else {
            throw Fault(line: Self.lineOfBadByte(text), message: "not valid UTF-8")
        }
        guard !text.starts(with: [0xEF, 0xBB, 0xBF]) else { throw fault("starts with a byte order mark") }
        while true {
            skipSpaceAndLines()
            guard let byte = bytes.first else { break }
            if byte == UInt8(ascii: "[") { try readSection() } else { try readEntry() }
            try endLine()
        }
    }

    // MARK: Lines

    private mutating func readSection() throws(Fault) {
        bytes.removeFirst()
        guard bytes.first != UInt8(ascii: "[") else { throw fault("[[arrays of tables]] are not supported") }
        skipSpace()
        let name = try readKey()
        guard take("]") else { throw fault("a section needs a closing ]") }
        guard sections.updateValue(line, forKey: name) == nil else { throw fault("section [\(name)] is there twice") }
        section = name
    }

    private mutating func readEntry() throws(Fault) {
        let start = line
        let name = try readKey()
        let key = section.isEmpty ? name : "\(section).\(name)"
        guard take("=") else { throw fault("\(key) needs a = and a value") }
        skipSpace()
        let value = try readValue(of: key)
        guard entries.updateValue(Entry(value: value, line: start), forKey: key) == nil else {
            throw Fault(line: start, message: "\(key) is there twice")
        }
    }

    /// One or more keys, bare or in quotes, with dots between them.
    private mutating func readKey() throws(Fault) -> String {
        var parts: [String] = []
        repeat {
            skipSpace()
            if bytes.first == UInt8(ascii: "\"") || bytes.first == UInt8(ascii: "'") {
                parts.append(try readString(of: "a key"))
                skipSpace()
                continue
            }
            let part = bytes.prefix(while: Self.isKeyByte)
            guard !part.isEmpty else {
                throw fault("expected a key of letters, digits, _ and -, found \(found)")
            }
            parts.append(String(decoding: part, as: UTF8.self))
            bytes.removeFirst(part.count)
            skipSpace()
        } while take(".")
        return parts.joined(separator: ".")
    }

    /// Nothing but a comment may follow.
    private mutating func endLine() throws(Fault) {
        skipSpace()
        skipComment()
        guard let byte = bytes.first else { return }
        guard byte == UInt8(ascii: "\n") else { throw fault("unexpected \(found) after the value") }
    }

    // MARK: Values

    private mutating func readValue(of key: String) throws(Fault) -> Value {
        switch bytes.first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try readString(of: key))
        case UInt8(ascii: "["): return .strings(try readStrings(of: key))
        default: return try readWord(of: key)
        }
    }

    private mutating func readWord(of key: String) throws(Fault) -> Value {
        let word = bytes.prefix { !Self.endsWord($0) }
        let text = String(decoding: word, as: UTF8.self)
        guard !text.isEmpty else { throw fault("\(key) has no value") }
        bytes.removeFirst(word.count)
        if text == "true" || text == "false" { return .bool(text == "true") }
        if let number = Self.wholeNumber(text) { return .integer(number) }
        throw fault("\(key) has a value that is no string in quotes, whole number, true, false or array of strings")
    }

    private mutating func readStrings(of key: String) throws(Fault) -> [String] {
        bytes.removeFirst()
        var strings: [String] = []
        while true {
            skipSpaceAndLines()
            if take("]") { return strings }
            guard bytes.first == UInt8(ascii: "\"") || bytes.first == UInt8(ascii: "'") else {
                throw fault("\(key) needs an array of strings in quotes, found \(found)")
            }
            strings.append(try readString(of: key))
            skipSpaceAndLines()
            guard take(",") || bytes.first == UInt8(ascii: "]") else {
                throw fault("\(key) needs a , or ] after a string, found \(found)")
            }
        }
    }

    private mutating func readString(of key: String) throws(Fault) -> String {
        guard let quote = bytes.popFirst() else { return "" }
        guard !(bytes.starts(with: [quote, quote])) else {
            throw fault("\(key): strings in three quotes are not supported")
        }
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case quote: return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\") where quote == UInt8(ascii: "\""): text += try readEscape(of: key)
            case UInt8(ascii: "\n"): throw fault("\(key): the string is not closed on its line")
            case 0..<0x20 where byte != 0x09, 0x7F: throw fault("\(key): a control character in a string")
            default: text.append(byte)
            }
        }
        throw fault("\(key): the string is not closed")
    }

    private mutating func readEscape(of key: String) throws(Fault) -> [UInt8] {
        switch bytes.popFirst() {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try readCodePoint(digits: 4, of: key)
        case UInt8(ascii: "U"): return try readCodePoint(digits: 8, of: key)
        default: throw fault("\(key): unknown escape in a string; use single quotes for text with backslashes")
        }
    }

    private mutating func readCodePoint(digits count: Int, of key: String) throws(Fault) -> [UInt8] {
        let digits = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard digits.utf8.count == count, digits.utf8.first != UInt8(ascii: "+"),
            let number = UInt32(digits, radix: 16), number != 0, let scalar = Unicode.Scalar(number)
        else { throw fault("\(key): \\u needs the \(count) hexadecimal digits of a character") }
        bytes.removeFirst(count)
        return Array(String(scalar).utf8)
    }

    // MARK: Bytes

    private var found: String {
        guard let byte = bytes.first, byte != UInt8(ascii: "\n") else { return "the end of the line" }
        let character = String(decoding: bytes.prefix(4), as: UTF8.self).prefix(1)
        return byte < 0x20 ? "a control character" : "\"\(character)\""
    }

    private func fault(_ message: String) -> Fault { Fault(line: line, message: message) }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    private mutating func skipSpace() {
        bytes = bytes.drop { $0 == UInt8(ascii: " ") || $0 == 0x09 }
        // A line may end in CR LF.
        if bytes.starts(with: [0x0D, 0x0A]) { bytes.removeFirst() }
    }

    private mutating func skipComment() {
        if bytes.first == UInt8(ascii: "#") { bytes = bytes.drop { $0 != UInt8(ascii: "\n") } }
    }

    private mutating func skipSpaceAndLines() {
        while true {
            skipSpace()
            skipComment()
            guard take("\n") else { return }
            line += 1
        }
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), 0x09, 0x0A, 0x0D, UInt8(ascii: "#"): true
        default: false
        }
    }

    /// Digits without a leading zero, with `_` allowed between two of them, as TOML has it.
    private static func wholeNumber(_ text: String) -> Int64? {
        let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 } }),
            digits == "0" || !digits.hasPrefix("0")
        else { return nil }
        return Int64(text.filter { $0 != "_" && $0 != "+" })
    }

    private static func lineOfBadByte(_ text: [UInt8]) -> Int {
        var line = 1
        for part in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }
}

/// Texts, truth values and UUIDs as PostgreSQL reads them.
enum WordText {
    /// Why a value cannot be stored as text of so many characters.
    static func fault(_ value: Span<UInt8>, charactersMax: Int?) -> ValueFault? {
        var others = 0
        for index in 0..<value.count {
            let byte = value[index]
            guard byte != 0 else { return .nul }
            if byte >= 0x80 { others += 1 }
        }
        if others > 0, !isUTF8(value) { return .notUTF8 }
        guard let charactersMax, value.count > charactersMax else { return nil }
        return isLonger(value, than: charactersMax) ? .textTooLong : nil
    }

    private static func isUTF8(_ value: Span<UInt8>) -> Bool {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: value)
            return true
        } catch {
            return false
        }
    }

    /// Characters are code points; spaces past the limit are cut off by the server.
    private static func isLonger(_ value: Span<UInt8>, than charactersMax: Int) -> Bool {
        var characters = 0
        for index in 0..<value.count where value[index] & 0xC0 != 0x80 {
            characters += 1
            if characters > charactersMax, value[index] != UInt8(ascii: " ") { return true }
        }
        return false
    }

    /// Whether a value is one of the words for true and false, or the beginning of one that no other word has.
    ///
    /// Source: PostgreSQL 15 manual, 8.6 "Boolean Type".
    static func isBoolean(_ value: Span<UInt8>) -> Bool {
        let start = value.behindSpaces(0)
        var end = start
        var at = start
        while at < value.count {
            at += 1
            if value.behindSpaces(at - 1) == at - 1 { end = at }
        }
        switch end - start {
        case 1 where value[start] == UInt8(ascii: "1") || value[start] == UInt8(ascii: "0"): return true
        case 1 where value[start].lowerCased == UInt8(ascii: "o"): return false
        case 1...5: break
        default: return false
        }
        let words: [StaticString] = ["true", "false", "yes", "no", "on", "off"]
        return words.contains { isBeginning(value, start..<end, of: $0) }
    }

    private static func isBeginning(_ value: Span<UInt8>, _ range: Range<Int>, of word: StaticString) -> Bool {
        guard range.count <= word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            for index in 0..<range.count where unsafe value[range.lowerBound + index].lowerCased != letters[index] {
                return false
            }
            return true
        }
    }

    /// Whether a value is 32 hexadecimal digits, with a hyphen behind any group of four, perhaps in braces.
    ///
    /// Source: PostgreSQL 15 manual, 8.12 "UUID Type".
    static func isUUID(_ value: Span<UInt8>) -> Bool {
        let hasBrace = value.byte(at: 0) == UInt8(ascii: "{")
        var at = hasBrace ? 1 : 0
        for index in 1...32 {
            guard let byte = value.byte(at: at), byte.isHexadecimal else { return false }
            at += 1
            if index % 4 == 0, index < 32, value.byte(at: at) == UInt8(ascii: "-") { at += 1 }
        }
        if hasBrace {
            guard value.byte(at: at) == UInt8(ascii: "}") else { return false }
            at += 1
        }
        return at == value.count
    }
}

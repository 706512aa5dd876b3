// Strings: UTF-8 as RFC 3629 has it, escapes as RFC 8259 has them, and no U+0000.
extension JSONScanner {
    /// Reads a string from its opening to past its closing quote; says whether it has a backslash in it.
    @inline(__always)
    mutating func scanString(_ bytes: Span<UInt8>) throws(Fault) -> Bool {
        var hasEscape = false
        // A local index stays in a register; `position` would be stored at each step.
        var index = position + 1
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                position = index + 1
                return hasEscape
            }
            if byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            position = index
            if byte == UInt8(ascii: "\\") { hasEscape = true }
            try scanUnusual(byte, bytes)
            index = position
        }
        throw Fault(offset: index, reason: .unexpectedEnd, place: placeOfString)
    }

    /// Reads one escape or one character that is not ASCII, or refuses a control character.
    private mutating func scanUnusual(_ byte: UInt8, _ bytes: Span<UInt8>) throws(Fault) {
        if byte == UInt8(ascii: "\\") {
            try scanEscape(bytes)
        } else if byte >= 0x80 {
            try scanMultibyte(bytes)
        } else {
            let reason = byte == 0 ? JSONError.Reason.nulNotAllowed : .controlCharacter
            throw Fault(offset: position, reason: reason, place: placeOfString)
        }
    }

    /// A fault in a key is a fault of the object, for the key is not known yet.
    private var placeOfString: Fault.Place {
        guard open != JSONNode.noNode, nodes[Int(open)].kind == .object, nodes[nodes.count - 1].kind != .key else {
            return .value
        }
        return .container
    }

    private mutating func scanEscape(_ bytes: Span<UInt8>) throws(Fault) {
        guard position + 1 < bytes.count else {
            throw Fault(offset: bytes.count, reason: .unexpectedEnd, place: placeOfString)
        }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            try scanUnicodeEscape(bytes)
        default:
            throw Fault(offset: position, reason: .invalidEscape, place: placeOfString)
        }
    }

    private mutating func scanUnicodeEscape(_ bytes: Span<UInt8>) throws(Fault) {
        let start = position
        let unit = try hexadecimalUnit(bytes)
        switch unit {
        case 0:
            throw Fault(offset: start, reason: .nulNotAllowed, place: placeOfString)
        case 0xD800...0xDBFF:
            let isEscape =
                position + 1 < bytes.count && bytes[position] == UInt8(ascii: "\\")
                && bytes[position + 1] == UInt8(ascii: "u")
            guard isEscape else { throw Fault(offset: start, reason: .loneSurrogate, place: placeOfString) }
            let second = try hexadecimalUnit(bytes)
            guard (0xDC00...0xDFFF).contains(second) else {
                throw Fault(offset: start, reason: .loneSurrogate, place: placeOfString)
            }
        case 0xDC00...0xDFFF:
            throw Fault(offset: start, reason: .loneSurrogate, place: placeOfString)
        default:
            return
        }
    }

    /// Reads `\uXXXX` at `position`.
    private mutating func hexadecimalUnit(_ bytes: Span<UInt8>) throws(Fault) -> UInt32 {
        let start = position
        var unit: UInt32 = 0
        for index in start + 2..<start + 6 {
            guard index < bytes.count else {
                throw Fault(offset: bytes.count, reason: .unexpectedEnd, place: placeOfString)
            }
            guard let digit = JSONUnescape.hexadecimalDigit(bytes[index]) else {
                throw Fault(offset: start, reason: .invalidEscape, place: placeOfString)
            }
            unit = unit << 4 | digit
        }
        position = start + 6
        return unit
    }

    /// Reads one character of two to four bytes; the ranges are those of the Unicode Standard, table 3-7.
    private mutating func scanMultibyte(_ bytes: Span<UInt8>) throws(Fault) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[position] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: length = 3
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw Fault(offset: position, reason: .invalidUTF8, place: placeOfString)
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else {
            throw Fault(offset: position, reason: .invalidUTF8, place: placeOfString)
        }
        for index in position + 2..<max(position + length, position + 2) where bytes[index] & 0xC0 != 0x80 {
            throw Fault(offset: position, reason: .invalidUTF8, place: placeOfString)
        }
        position += length
    }
}

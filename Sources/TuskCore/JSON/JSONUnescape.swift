/// Turns the inside of a JSON string into the bytes it stands for. The scanner has checked it.
enum JSONUnescape {
    /// Appends the unescaped bytes of `range`, which lies between two quotes of a checked text.
    static func append(_ range: Range<Int>, of bytes: Span<UInt8>, to result: inout [UInt8]) {
        result.reserveCapacity(result.count + range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                index += 1
                continue
            }
            let escape = bytes[index + 1]
            if escape == UInt8(ascii: "u") {
                index += appendUnicode(at: index, of: bytes, to: &result)
            } else {
                result.append(character(ofEscape: escape))
                index += 2
            }
        }
    }

    private static func character(ofEscape escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }

    /// Appends the character of `\uXXXX`, or of two of them that form a pair; returns how many bytes they take.
    private static func appendUnicode(at index: Int, of bytes: Span<UInt8>, to result: inout [UInt8]) -> Int {
        let unit = hexadecimal(bytes, from: index + 2)
        guard (0xD800...0xDBFF).contains(unit) else {
            appendUTF8(unit, to: &result)
            return 6
        }
        let second = hexadecimal(bytes, from: index + 8)
        appendUTF8(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00), to: &result)
        return 12
    }

    private static func hexadecimal(_ bytes: Span<UInt8>, from start: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in start..<start + 4 {
            guard let digit = hexadecimalDigit(bytes[index]) else {
                preconditionFailure("the scanner let a bad escape through")
            }
            value = value << 4 | digit
        }
        return value
    }

    private static func appendUTF8(_ scalar: UInt32, to result: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            result.append(UInt8(scalar))
        case 0x80..<0x800:
            result.append(0xC0 | UInt8(scalar >> 6))
            result.append(0x80 | UInt8(scalar & 0x3F))
        case 0x800..<0x10000:
            result.append(0xE0 | UInt8(scalar >> 12))
            result.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            result.append(0x80 | UInt8(scalar & 0x3F))
        default:
            result.append(0xF0 | UInt8(scalar >> 18))
            result.append(0x80 | UInt8(scalar >> 12 & 0x3F))
            result.append(0x80 | UInt8(scalar >> 6 & 0x3F))
            result.append(0x80 | UInt8(scalar & 0x3F))
        }
    }

    /// The value of an ASCII hexadecimal digit of either case.
    static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}

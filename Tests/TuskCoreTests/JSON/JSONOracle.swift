/// A slow reader of JSON, written apart from the scanner and in another manner: recursive, and building a tree.
struct JSONOracle {
    indirect enum Tree: Equatable {
        case object([Member])
        case array([Tree])
        case string([UInt8])
        case number([UInt8])
        case bool(Bool)
        case null
    }

    struct Member: Equatable {
        let key: [UInt8]
        let value: Tree
    }

    private struct Refused: Error {}

    private var rest: ArraySlice<UInt8>

    /// The tree, or nil when the scanner has to refuse the text. Knows the default limits but for bytes and values.
    static func read(_ bytes: [UInt8]) -> Tree? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var oracle = JSONOracle(rest: bytes[...])
        do {
            let tree = try oracle.value(depth: 0)
            return oracle.rest.isEmpty ? tree : nil
        } catch {
            return nil
        }
    }

    private mutating func skip() {
        rest = rest.drop { " \t\r\n".utf8.contains($0) }
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func value(depth: Int) throws -> Tree {
        skip()
        defer { skip() }
        if take("null") { return .null }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        if take("\"") { return .string(try string()) }
        if take("[") { return .array(try array(depth: depth + 1)) }
        if take("{") { return .object(try object(depth: depth + 1)) }
        return .number(try number())
    }

    private mutating func array(depth: Int) throws -> [Tree] {
        guard depth <= 64 else { throw Refused() }
        skip()
        if take("]") { return [] }
        var elements: [Tree] = []
        repeat { elements.append(try value(depth: depth)) } while take(",")
        guard take("]") else { throw Refused() }
        return elements
    }

    private mutating func object(depth: Int) throws -> [Member] {
        guard depth <= 64 else { throw Refused() }
        skip()
        if take("}") { return [] }
        var members: [Member] = []
        repeat {
            skip()
            guard take("\"") else { throw Refused() }
            let key = try string()
            skip()
            guard take(":"), key.count <= 1024, !members.contains(where: { $0.key == key }) else { throw Refused() }
            members.append(Member(key: key, value: try value(depth: depth)))
        } while take(",")
        guard take("}") else { throw Refused() }
        return members
    }

    private mutating func string() throws -> [UInt8] {
        var units: [UInt16] = []
        var raw: [UInt8] = []
        func flushed() -> [UInt16] { units + Array(String(decoding: raw, as: UTF8.self).utf16) }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: flushed(), as: UTF16.self), !text.utf8.contains(0) else {
                    throw Refused()
                }
                return Array(text.utf8)
            case UInt8(ascii: "\\"):
                units = flushed()
                raw = []
                units.append(try escape())
            case 0..<0x20: throw Refused()
            default: raw.append(byte)
            }
        }
        throw Refused()
    }

    private mutating func escape() throws -> UInt16 {
        guard let letter = rest.popFirst() else { throw Refused() }
        if letter == UInt8(ascii: "u") {
            let digits = String(decoding: rest.prefix(4), as: UTF8.self)
            guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let unit = UInt16(digits, radix: 16) else {
                throw Refused()
            }
            rest = rest.dropFirst(4)
            return unit
        }
        let table: [Character: UInt16] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        guard let unit = table[Character(UnicodeScalar(letter))] else { throw Refused() }
        return unit
    }

    private mutating func number() throws -> [UInt8] {
        let token = Array(rest.prefix { "+-.eE0123456789".utf8.contains($0) })
        rest = rest.dropFirst(token.count)
        let text = String(decoding: token, as: UTF8.self)
        guard let match = text.wholeMatch(of: /-?(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE][+-]?([0-9]+))?/) else {
            throw Refused()
        }
        let (whole, fraction, exponent) = (match.1, match.2 ?? "", match.3 ?? "0")
        let significant = (whole + fraction).drop { $0 == "0" }.count
        let zeros = whole == "0" ? fraction.prefix { $0 == "0" }.count : 0
        // A lone zero has one digit in the scanner's eyes, none here: no limit is that low.
        guard significant <= 40, zeros <= 308, let power = Int(exponent) ?? Int.max as Int?, power <= 308 else {
            throw Refused()
        }
        return token
    }
}

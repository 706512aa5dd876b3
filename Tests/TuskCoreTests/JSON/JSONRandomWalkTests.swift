import Testing
import TuskCore

struct JSONRandomWalkTests {
    @Test(arguments: [UInt64](1...8))
    func `the scanner and the slow reader agree on valid and on damaged texts`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<400 {
            var text: [UInt8] = []
            appendValue(depth: 0, to: &text, using: &random)
            compare(text, seed: seed)
            for _ in 0..<4 {
                damage(&text, using: &random)
                compare(text, seed: seed)
            }
        }
    }

    private func compare(_ text: [UInt8], seed: UInt64) {
        let expected = JSONOracle.read(text)
        let found: JSONOracle.Tree?
        do {
            found = tree(of: try JSONDocument(validating: text, limits: .body).root)
        } catch {
            found = nil
            #expect((0...text.count).contains(error.offset))
        }
        #expect(found == expected, "seed \(seed): \(String(decoding: text, as: UTF8.self))")
    }

    private func tree(of value: JSONValue) -> JSONOracle.Tree? {
        switch value.kind {
        case .object:
            let members = value.members.compactMap { key, value in
                tree(of: value).map { JSONOracle.Member(key: key, value: $0) }
            }
            for member in members where value.member(String(decoding: member.key, as: UTF8.self)) == nil {
                Issue.record("member \(member.key) is listed but not found")
            }
            return .object(members)
        case .array: return .array(value.elements.compactMap { tree(of: $0) })
        case .string: return value.stringBytes.map { .string($0) }
        case .number: return .number(Array(value.rawBytes))
        case .bool: return value.bool.map { .bool($0) }
        case .null: return .null
        }
    }

    // MARK: Making texts

    private static let words = [
        "", "a", "b", "kind", "é", "e\u{301}", "\u{1F600}", "日本", #"\n"#, #"\u0061"#, #"\ud83d\ude00"#, #"\/"#, "\\\\",
    ]
    private static let numbers = [
        "0", "-0", "1", "42", "-7", "1.5", "1e5", "1E-300", "0.000", "12345678901234567890", "0.0e+308", "-2.50",
    ]

    private func appendSpace(to text: inout [UInt8], using random: inout SplitMix64) {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return }
        text.append([0x20, 0x0A, 0x0D, 0x09].randomElement(using: &random) ?? 0x20)
    }

    private func appendString(to text: inout [UInt8], using random: inout SplitMix64) {
        let count = Int.random(in: 0..<4, using: &random)
        let words = (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }
        text += "\"\(words.joined())\"".utf8
    }

    private func appendValue(depth: Int, to text: inout [UInt8], using random: inout SplitMix64) {
        appendSpace(to: &text, using: &random)
        switch Int.random(in: 0..<(depth > 5 ? 6 : 10), using: &random) {
        case 0, 1: appendString(to: &text, using: &random)
        case 2, 3: text += (Self.numbers.randomElement(using: &random) ?? "0").utf8
        case 4: text += "true".utf8
        case 5: text += "null".utf8
        case 6, 7: appendArray(depth: depth, to: &text, using: &random)
        default: appendObject(depth: depth, to: &text, using: &random)
        }
        appendSpace(to: &text, using: &random)
    }

    private func appendArray(depth: Int, to text: inout [UInt8], using random: inout SplitMix64) {
        text += "[".utf8
        for index in 0..<Int.random(in: 0..<5, using: &random) {
            if index > 0 { text += ",".utf8 }
            appendValue(depth: depth + 1, to: &text, using: &random)
        }
        text += "]".utf8
    }

    /// Now and then with more members than are compared pair by pair, and now and then with a key twice.
    private func appendObject(depth: Int, to text: inout [UInt8], using random: inout SplitMix64) {
        let isWide = Int.random(in: 0..<8, using: &random) == 0
        text += "{".utf8
        for index in 0..<Int.random(in: 0..<(isWide ? 40 : 6), using: &random) {
            if index > 0 { text += ",".utf8 }
            appendSpace(to: &text, using: &random)
            if Int.random(in: 0..<60, using: &random) == 0 {
                appendString(to: &text, using: &random)
            } else {
                text += "\"\(index)\(Self.words.randomElement(using: &random) ?? "")\"".utf8
            }
            text += ":".utf8
            appendValue(depth: isWide ? 6 : depth + 1, to: &text, using: &random)
        }
        text += "}".utf8
    }

    private static let alphabet =
        Array("{}[]\",:\\u0123456789abcdefDd+-. \n\u{0}\u{1F}\u{7F}".utf8) + [0x80, 0xC3, 0xED, 0xF4]

    private func damage(_ text: inout [UInt8], using random: inout SplitMix64) {
        guard let place = text.indices.randomElement(using: &random) else { return }
        let byte = Self.alphabet.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text[place] = byte
        case 1: text.insert(byte, at: place)
        case 2: text.remove(at: place)
        case 3: text.removeSubrange(place..<min(text.count, place + Int.random(in: 1..<9, using: &random)))
        default:
            let slice = text[place..<min(text.count, place + Int.random(in: 1..<30, using: &random))]
            text.insert(contentsOf: slice, at: text.indices.randomElement(using: &random) ?? 0)
        }
    }
}

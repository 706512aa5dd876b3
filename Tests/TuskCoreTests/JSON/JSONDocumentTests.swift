import Testing
import TuskCore

struct JSONDocumentTests {
    @Test(arguments: JSONCase.accepted)
    func `what RFC 8259 allows is accepted and kept as it came`(sample: JSONCase) throws {
        let document = try JSONDocument(validating: sample.bytes, limits: .args)
        #expect(document.bytes == sample.bytes)
        let blank = [UInt8](" \n\r\t".utf8)
        let trimmed = sample.bytes.drop { blank.contains($0) }.reversed().drop { blank.contains($0) }.reversed()
        #expect(Array(document.root.rawBytes) == Array(trimmed))
    }

    @Test(arguments: JSONCase.refused)
    func `what is no JSON or too odd is refused with its reason`(sample: JSONCase, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(validating: sample.bytes, limits: .args)
        }
        #expect(error?.reason == reason)
        #expect((0...sample.bytes.count).contains(error?.offset ?? -1))
    }

    @Test(arguments: [
        (#"{"a":{"b":[0,{"c":tru}]}}"#, "#/a/b/1/c", 21),
        (#"[1,2,"\u0000"]"#, "#/2", 6),
        (#"{"a":1,"b":{"x":1,"x":2}}"#, "#/b/x", 18),
        (#"{"a b/c~":[01]}"#, "#/a%20b~1c~0/0", 11),
        (#"{"ok":1,"\u0000":2}"#, "#", 9),
        (#"{"a":[1,2}"#, "#/a", 9),
        (#"{"a":[[],[],["#, "#/a/2/0", 13),
        (#"{"a""#, "#/a", 4),
        ("[[],[1 2]]", "#/1", 7),
        ("nul", "#", 3),
    ])
    func `an error says where it is`(text: String, pointer: String, offset: Int) {
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(validating: Array(text.utf8), limits: .args)
        }
        #expect(error?.pointer == pointer)
        #expect(error?.offset == offset)
    }

    @Test func `a pointer is never much longer than a line`() {
        let key = String(repeating: "\u{1}k", count: 300).replacing("\u{1}", with: #"\u0001"#)
        let text = String(repeating: "{\"\(key)\":", count: 20) + "x"
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(validating: Array(text.utf8), limits: .args)
        }
        #expect(error?.reason == .unexpectedByte)
        #expect((error?.pointer.utf8.count ?? .max) <= JSONPointer.bytesMax)
    }

    @Test func `the limit on values counts all but keys`() throws {
        let limits = JSONLimits(bytesMax: 1000, nodesMax: 5)
        #expect(throws: Never.self) { try JSONDocument(validating: Array(#"{"a":[1,2],"b":3}"#.utf8), limits: limits) }
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(validating: Array(#"{"a":[1,2],"b":3,"c":[]}"#.utf8), limits: limits)
        }
        #expect(error?.reason == .tooManyNodes)
    }

    @Test func `every reason has a code and a message of its own`() {
        let reasons = JSONError.Reason.allCases
        #expect(Set(reasons.map(\.code)).count == reasons.count)
        let messages = reasons.map { JSONError(offset: 7, reason: $0, pointer: "#").message }
        #expect(Set(messages).count == reasons.count)
        #expect(messages.allSatisfy { $0.hasSuffix(" at byte 7") && $0.first?.isUppercase == ($0.hasPrefix("JSON")) })
    }

    @Test(arguments: [true, false])
    func `an object with 99,999 members is checked for duplicates in linear time`(isEscaped: Bool) throws {
        let limits = JSONLimits(bytesMax: 8_000_000)
        let prefix = isEscaped ? #"\u006b"# : "k"
        let members = (0..<99_998).map { "\"\(prefix)\($0)\":\($0)" }
        let start = ContinuousClock.now
        let unique = try JSONDocument(
            validating: Array("{\(members.joined(separator: ",")),\"last\":1}".utf8),
            limits: limits
        )
        #expect(unique.root.members.reduce(0) { count, _ in count + 1 } == 99_999)
        let error = #expect(throws: JSONError.self) {
            try JSONDocument(
                validating: Array("{\(members.joined(separator: ",")),\"k0\":1}".utf8),
                limits: limits
            )
        }
        #expect(error?.reason == .duplicateKey)
        #expect(error?.pointer == "#/k0")
        // Comparing all pairs takes minutes in a debug build; a hash table well under a second.
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}

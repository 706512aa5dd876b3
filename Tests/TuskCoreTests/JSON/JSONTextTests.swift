import Testing
import TuskCore

struct JSONTextTests {
    @Test func `a text keeps its bytes but for the whitespace around the value`() throws {
        let text = try JSONText(validating: Array(" {\"a\" : 1.0, \"b\":-0}\n".utf8))
        #expect(text.text == #"{"a" : 1.0, "b":-0}"#)
    }

    @Test func `texts are compared by their bytes`() throws {
        let nfc = try JSONText(validating: Array("\"\u{E9}\"".utf8))
        let nfd = try JSONText(validating: Array("\"e\u{301}\"".utf8))
        #expect(nfc != nfd)
    }

    @Test func `args are at most 64 KiB`() throws {
        let fits = [UInt8(ascii: "\"")] + [UInt8](repeating: 0x78, count: 65_534) + [UInt8(ascii: "\"")]
        #expect(try JSONText(validating: fits).bytes.count == 65_536)
        let error = #expect(throws: JSONError.self) { try JSONText(validating: fits + [0x20]) }
        #expect(error?.reason == .tooLarge)
    }
}

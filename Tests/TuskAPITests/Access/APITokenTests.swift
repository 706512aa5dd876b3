import Testing
import TuskStore

@testable import TuskAPI

struct APITokenTests {
    @Test func `a token has a prefix, a public part, 256 bits of secret and a check`() throws {
        let token = APIToken.random()
        let parts = token.text.split(separator: "_", omittingEmptySubsequences: false)
        #expect(parts.map(\.count) == [4, 12, 43, 6])
        #expect(parts[0] == "tusk")
        #expect(token.keyID == String(parts[1]))
        #expect(token.hash == Digest.sha256(token.text.utf8))
    }

    @Test func `what was made can be read, with the same digest`() throws {
        for _ in 0..<200 {
            let token = APIToken.random()
            let read = try #require(APIToken(token.text.utf8))
            #expect(read.keyID == token.keyID)
            #expect(read.hash == token.hash)
        }
    }

    @Test func `no two tokens are alike in any part`() {
        let tokens = (0..<1000).map { _ in APIToken.random() }
        #expect(Set(tokens.map(\.keyID)).count == 1000)
        #expect(Set(tokens.map { $0.text.split(separator: "_")[2] }).count == 1000)
    }

    @Test func `a token with any character changed is refused`() {
        let bytes = Array(APIToken.random().text.utf8)
        for place in bytes.indices {
            var changed = bytes
            changed[place] = bytes[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(APIToken(changed) == nil, "changed at \(place)")
        }
    }

    @Test(
        arguments: [
            "", "tusk", "tusk___", "tusk_", "TUSK_0123456789ab_x_y", "tusk_0123456789ab_secret_000000",
            "tusk_0123456789ab_0123456789012345678901234567890123456789012_000000 ",
        ]
    )
    func `what has not the form is refused`(text: String) {
        #expect(APIToken(text.utf8) == nil)
    }

    @Test func `a token that is shortened, lengthened or surrounded is refused`() {
        let text = APIToken.random().text
        for changed in [String(text.dropLast()), text + "0", " " + text, text + "\n", text + "_000000"] {
            #expect(APIToken(changed.utf8) == nil)
        }
    }

    @Test func `the description does not tell the secret`() {
        let token = APIToken.random()
        #expect("\(token)" == "tusk_\(token.keyID)_...")
    }

    @Test func `the check is the CRC-32 that everybody has`() {
        // The check value of the CRC catalogue.
        #expect(CRC32.sum("123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.sum([]) == 0)
    }

    static let numbers: [([UInt8], String)] = [
        ([], "000"), ([61], "00z"), ([62], "010"), ([1, 0], "048"), ([255, 255], "H31"),
    ]

    @Test(arguments: numbers)
    func `base 62 has the digits 0 to 9, A to Z and a to z`(bytes: [UInt8], text: String) {
        #expect(Base62.text(bytes, count: 3) == Array(text.utf8))
    }
}

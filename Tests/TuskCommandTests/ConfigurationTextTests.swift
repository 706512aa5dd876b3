import Testing

@testable import TuskCommand

/// The part of TOML that configuration files are written in.
struct ConfigurationTextTests {
    private func read(_ text: String) throws -> [String: ConfigurationText.Value] {
        try ConfigurationText(Array(text.utf8)).entries.mapValues(\.value)
    }

    @Test(
        arguments: [
            ("", [:]), ("# nothing\n\n  # more", [:]), ("a = 1", ["a": .integer(1)]),
            ("a=1\r\nb=2\r\n", ["a": .integer(1), "b": .integer(2)]),
            ("a = -1_000 # x", ["a": .integer(-1000)]), ("a = 0", ["a": .integer(0)]), ("a = +5", ["a": .integer(5)]),
            ("a = true", ["a": .bool(true)]),
            ("[s]\na = \"x\"", ["s.a": .string("x")]), ("s.a = 'x'", ["s.a": .string("x")]),
            ("[ s . t ]\na-b_1 = 1", ["s.t.a-b_1": .integer(1)]),
            (#"a = "\"\\\n\t\u00e4\U0001F600""#, ["a": .string("\"\\\n\tä😀")]),
            (#"a = 'C:\x # no'"#, ["a": .string(#"C:\x # no"#)]), ("a = []", ["a": .strings([])]),
            ("a = [\n 'x', # one\n \"y\",\n]\nb = 1", ["a": .strings(["x", "y"]), "b": .integer(1)]),
            ("a = ''", ["a": .string("")]), ("['s.t'.\"u:v\"]\n'w' = 1", ["s.t.u:v.w": .integer(1)]),
        ] as [(String, [String: ConfigurationText.Value])]
    )
    func `what is written is read`(text: String, entries: [String: ConfigurationText.Value]) throws {
        #expect(try read(text) == entries)
    }

    @Test(arguments: [
        ("a", 1), ("a =", 1), ("a = b", 1), ("= 1", 1), ("\n\na = 1 2", 3), ("a = 1\na = 2", 2), ("[s]\n[s]", 2),
        ("[s", 1),
        ("[[s]]", 1), ("[s] x", 1), ("a = 1.5", 1), ("a = 1979-05-27", 1), ("a = 01", 1), ("a = 1__0", 1),
        ("a = 0x10", 1),
        ("a = 99999999999999999999", 1), ("a = True", 1), ("a = {}", 1), ("a = [1]", 1), ("a = ['x' 'y']", 1),
        ("a = ['x'", 1),
        ("a = 'x\ny'", 1), ("a = \"x", 1), ("a = \"\\x41\"", 1), ("a = \"\\ud800\"", 1), ("a = \"\\u00\"", 1),
        ("a = \"\\u0000\"", 1),
        ("a = \"\"\"x\"\"\"", 1), ("a = '\u{1}'", 1), ("\"a = 1", 1), ("'' 'a' = 1", 1), ("ä = 1", 1), ("a..b = 1", 1),
        ("a = 1\n\u{0} = 2", 2),
        ("\u{FEFF}a = 1", 1), ("[s]\na = 1\n[t]\nb = 1\ns.a = x", 5), ("s.a = 1\n[s]\na = 2", 3),
    ])
    func `what is not understood is refused with its line`(text: String, line: Int) {
        do {
            _ = try ConfigurationText(Array(text.utf8))
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.line == line, "\(error)")
        }
    }

    @Test func `bytes that are not UTF-8 are refused with their line`() {
        #expect(throws: ConfigurationText.Fault(line: 2, message: "not valid UTF-8")) {
            try ConfigurationText(Array("a = 1\nb = '".utf8) + [0xC3, 0x28, 0x27])
        }
    }

    @Test func `random bytes never crash it`() {
        var random = SeededRandom(seed: 4711)
        let alphabet = Array("a.=[]'\"\\#\n\r\t ,1u_{}é".utf8) + [0, 0xFF]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            _ = Result { try ConfigurationText(text) }
        }
    }
}

/// SplitMix64, so that a failure can be repeated. Source: Steele, Lea, Flood, OOPSLA 2014.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import Testing
import TuskCore

struct JSONValueTests {
    private func value(_ text: String) throws -> JSONValue {
        try JSONDocument(validating: Array(text.utf8), limits: .args).root
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("42", 42), ("-17", -17), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min),
    ])
    func `a whole number that fits is read`(text: String, expected: Int64) throws {
        #expect(try value(text).int64 == expected)
    }

    @Test(arguments: [
        "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "\"1\"", "true", "null",
        "[1]", "99999999999999999999999999",
    ])
    func `anything else is no whole number`(text: String) throws {
        #expect(try value(text).int64 == nil)
    }

    @Test(arguments: [("1.5", 1.5), ("-0.25e2", -25), ("1e308", 1e308), ("0.1", 0.1), ("7", 7)])
    func `a number is read as the nearest double`(text: String, expected: Double) throws {
        #expect(try value(text).double == expected)
    }

    @Test func `a number beyond the range of a double is not read as infinity`() throws {
        #expect(try value("99e308").double == nil)
        #expect(try value("\"1\"").double == nil)
    }

    @Test func `strings are unescaped`() throws {
        let text = #""a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00z""#
        #expect(try value(text).string == "a\"\\/\u{8}\u{C}\n\r\t\u{E9}\u{20AC}\u{1F600}z")
        #expect(try value("12").string == nil)
    }

    @Test func `members are found by the bytes of their unescaped keys`() throws {
        let object = try value("{\"\\u0061\":1,\"e\u{301}\":2,\"n\":{\"a\":3},\"z\":[]}")
        #expect(object.member("a")?.int64 == 1)
        #expect(object.member("e\u{301}")?.int64 == 2)
        #expect(object.member("\u{E9}") == nil)
        #expect(object.member("n")?.member("a")?.int64 == 3)
        #expect(object.member("z")?.kind == .array)
        #expect(object.member("y") == nil)
        #expect(try value("[\"a\"]").member("a") == nil)
    }

    @Test func `members and elements come in the order of the text with their raw bytes`() throws {
        let object = try value(#"{"b": [1, {"x": 1.0}], "a": -0, "c": null}"#)
        #expect(object.members.map { String(decoding: $0.key, as: UTF8.self) } == ["b", "a", "c"])
        #expect(
            object.members.map { String(decoding: $0.value.rawBytes, as: UTF8.self) } == [
                #"[1, {"x": 1.0}]"#, "-0", "null",
            ]
        )
        let elements = object.member("b")?.elements.map { String(decoding: $0.rawBytes, as: UTF8.self) }
        #expect(elements == ["1", #"{"x": 1.0}"#])
        #expect(object.elements.map(\.kind).isEmpty)
    }
}

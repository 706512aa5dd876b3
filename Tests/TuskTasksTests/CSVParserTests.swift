import Testing

@testable import TuskTasks

struct CSVParserTests {
    /// What a text is taken apart into: the fields of each row, or the fault and the line it is about.
    private func parse(_ text: [UInt8], dialect: CSVDialect = .standard) -> [String] {
        var parser = CSVParser(dialect)
        var found: [String] = []
        var at = 0
        while true {
            switch parser.next(in: text.span, from: at, isLast: true) {
            case .row(_, let next, _):
                found.append(values(parser.fields, text).map { "[\($0)]" }.joined())
                at = next
            case .fault(let fault, let end, let next):
                found.append("\(fault): \(String(decoding: text[at..<end], as: UTF8.self))")
                at = next
            case .overlong, .incomplete:
                found.append("stuck")
                return found
            case .finished:
                return found
            }
        }
    }

    private func values(_ fields: [CSVField], _ text: [UInt8]) -> [String] {
        fields.map { field in
            var value: [UInt8] = []
            field.append(from: text.span, to: &value)
            return String(decoding: value, as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("a,b\nc,d\n", ["[a][b]", "[c][d]"]),
        ("a,b\r\nc,d", ["[a][b]", "[c][d]"]),
        ("", []), ("\n", ["[]"]), ("a", ["[a]"]), (",", ["[][]"]), ("a,\n", ["[a][]"]), (",\n,", ["[][]", "[][]"]),
        ("\"a\",\"b\"", ["[a][b]"]),
        ("\"a,b\",\"c\nd\",\"e\r\nf\"\n", ["[a,b][c\nd][e\r\nf]"]),
        ("\"a\"\"b\",\"\"\"\"\n\"\"", ["[a\"b][\"]", "[]"]),
        (" a , b ", ["[ a ][ b ]"]),
        ("h\u{E9},\u{1F600}\n", ["[h\u{E9}][\u{1F600}]"]),
    ])
    func `rows are taken apart as RFC 4180 says`(text: String, expected: [String]) {
        #expect(parse(Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        ("a\"b,c\nd", ["strayQuote: a\"b,c", "[d]"]),
        ("\"a\"b,c\r\nd", ["afterQuote: \"a\"b,c", "[d]"]),
        ("\"a\" ,c\nd", ["afterQuote: \"a\" ,c", "[d]"]),
        ("a\rb\nc", ["strayCarriageReturn: a\rb", "[c]"]),
        ("a\r", ["strayCarriageReturn: a\r"]),
        ("\"a\nb,c\nd", ["openQuote: \"a", "[b][c]", "[d]"]),
        ("\"a\nb,\"c\"\nd", ["afterQuote: \"a", "[b][c]", "[d]"]),
        ("x,\"a\nb", ["openQuote: x,\"a", "[b]"]),
    ])
    func `a faulty row ends with its line, and the rows below it are whole`(text: String, expected: [String]) {
        #expect(parse(Array(text.utf8)) == expected)
    }

    @Test func `another delimiter makes commas ordinary`() throws {
        let dialect = try #require(CSVDialect(delimiter: "\t", null: "NULL"))
        #expect(parse(Array("a,b\tc\n".utf8), dialect: dialect) == ["[a,b][c]"])
    }

    @Test(arguments: [
        ("", ""), (";;", ""), ("\"", ""), ("\n", ""), ("\r", ""), ("\u{E9}", ""), ("\u{7F}", ""), (",", "a,b"),
        (",", "a\"b"), (",", "a\nb"), ("\0", ""),
    ])
    func `delimiters and words for null that cannot be told apart are refused`(delimiter: String, null: String) {
        #expect(CSVDialect(delimiter: delimiter, null: null) == nil)
    }

    @Test func `a row is the same wherever the buffer ends`() {
        let text = Array("a,\"b\"\"\r\nc\",d\r\nx\"y\n\"\",\"z\"\r\n".utf8)
        for start in [0, 18] {
            var parser = CSVParser(.standard)
            let whole = parser.next(in: text.span, from: start, isLast: true)
            for end in start...text.count {
                let part = Array(text[..<end])
                let step = parser.next(in: part.span, from: start, isLast: false)
                #expect(step == .incomplete || step == whole, "from \(start) to \(end)")
            }
        }
    }

    @Test func `rows longer than the limit are faults, also when all of them is there`() {
        let long = Array(repeating: UInt8(ascii: "x"), count: CSVParser.rowBytesMax + 1)
        var parser = CSVParser(.standard)
        let line = long + Array("\na\n".utf8)
        let step = parser.next(in: line.span, from: 0, isLast: true)
        #expect(step == .fault(.tooLong, end: long.count, next: long.count + 1))
        #expect(parser.next(in: long.span, from: 0, isLast: false) == .overlong(end: long.count))
        let open = Array("\"a\n".utf8) + long
        #expect(parser.next(in: open.span, from: 0, isLast: false) == .fault(.openQuote, end: 2, next: 3))
    }

    @Test(arguments: 1...20)
    func `what is written as CSV is read back`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let letters = Array("ab,\"\n\r\u{E9} ")
        for _ in 0..<200 {
            let rows = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    String(
                        (0..<Int.random(in: 0...6, using: &random)).map { _ in
                            letters[Int.random(in: 0..<letters.count, using: &random)]
                        }
                    )
                }
            }
            let lineEnd = Bool.random(using: &random) ? "\r\n" : "\n"
            let text = rows.map { row in
                row.map { "\"" + $0.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\"" }.joined(separator: ",")
            }.joined(separator: lineEnd)
            #expect(parse(Array(text.utf8)) == rows.map { $0.map { "[\($0)]" }.joined() }, "seed \(seed)")
        }
    }
}

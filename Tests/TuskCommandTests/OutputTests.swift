import Foundation
import Testing
import TuskCore

@testable import TuskCommand

/// What people see.
struct OutputTests {
    private var table: Table {
        var table = Table([
            Table.Column(title: "N", alignment: .right), Table.Column(title: "NAME"), Table.Column(title: "X"),
        ])
        table.add(Table.Cell("1"), Table.Cell("short"), Table.Cell(nil))
        table.add(Table.Cell("100"), Table.Cell("much longer", .bad), Table.Cell("last"))
        return table
    }

    @Test func `columns stand in line without space at the end`() {
        #expect(table.lines() == ["  N  NAME         X", "  1  short        -", "100  much longer  last"])
    }

    @Test func `a row too long for the terminal is cut`() {
        #expect(table.lines(width: 12) == ["  N  NAME  …", "  1  short …", "100  much l…"])
        #expect(table.lines(width: 12).allSatisfy { $0.count == 12 })
    }

    @Test func `CSV has the names of all members, and quotes what would break a row`() {
        let objects = [
            #"{"id":"7","n":1.50,"text":"a, \"b\"\nc","flag":true}"#,
            #"{"id":"8","none":null,"tags":["x","y,z"],"n":2}"#, "{}",
        ]
        let rows = CSVText.rows(objects.map { Array($0.utf8) }).map { String(decoding: $0, as: UTF8.self) }
        #expect(
            rows == [
                "id,n,text,flag,none,tags", "7,1.50,\"a, \"\"b\"\"\nc\",true,,", #"8,2,,,,"[""x"",""y,z""]""#, ",,,,,",
            ]
        )
        #expect(CSVText.rows([]).isEmpty && CSVText.rows([Array("{}".utf8)]).isEmpty)
    }

    @Test func `colours surround the text and its padding only`() {
        #expect(table.lines(isColored: true)[2] == "100\u{1B}[31m  much longer\u{1B}[0m  last")
    }

    @Test(arguments: [
        ("plain äöü 😀", "plain äöü 😀"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\u{1B}[2J", "\\u{1b}[2J"),
        ("\u{202E}abc", "\\u{202e}abc"),
        ("\u{0}", "\\u{0}"), ("\u{9B}1m", "\\u{9b}1m"),
    ])
    func `text from elsewhere cannot move the cursor`(text: String, shown: String) {
        #expect(Printable.line(text) == shown)
        #expect(Table.Cell(text).text == shown)
    }

    @Test(
        arguments: [
            ("auto", true, [:], true), ("auto", false, [:], false), ("auto", true, ["NO_COLOR": "1"], false),
            ("auto", true, ["NO_COLOR": ""], true), ("auto", true, ["TERM": "dumb"], false),
            ("always", false, ["NO_COLOR": "1"], true),
            ("never", true, [:], false),
        ] as [(String, Bool, [String: String], Bool)]
    )
    func `colours follow the choice and the usual variables`(
        choice: String,
        isTerminal: Bool,
        environment: [String: String],
        isColored: Bool
    ) {
        #expect(Console.isColored(choice, isTerminal: isTerminal, environment) == isColored)
    }

    @Test(arguments: [
        (0, "now"), (-90, "1m ago"), (90, "in 1m"), (-3599, "59m ago"), (7200, "in 2h"), (-200_000, "2d ago"),
    ])
    func `moments are told by their distance`(seconds: Int64, words: String) {
        let now = Timestamp(microseconds: 1_700_000_000_000_000)
        let moment = Timestamp(microseconds: now.microseconds + seconds * 1_000_000)
        #expect(Words.relative(moment, to: now) == words)
    }

    @Test func `numbers of exit codes are those of the manual`() {
        let codes: [ExitCode: Int32] = [
            .success: 0, .failure: 1, .usage: 2, .notFound: 3, .denied: 4, .conflict: 5, .jobFailed: 6,
            .waitTimedOut: 7,
            .unavailable: 69, .busy: 75, .configuration: 78, .interrupted: 130,
        ]
        #expect(codes.count == ExitCode.allCases.count)
        for (code, number) in codes { #expect(code.rawValue == number) }
    }

    @Test(arguments: [
        ("http://h", "h", "80"), ("http://h/", "h", "80"), ("http://127.0.0.1:8080", "127.0.0.1", "8080"),
        ("http://[::1]:9090", "::1", "9090"), ("http://[::1]", "::1", "80"),
    ])
    func `an address to ask is read`(text: String, host: String, port: String) throws {
        let target = try #require(HTTPProbe.Target(text, path: "/livez"))
        #expect(target == HTTPProbe.Target(host: host, port: port, path: "/livez"))
    }

    @Test(arguments: [
        "", "h:80", "https://h", "http://", "http://h:0", "http://h:70000", "http://h/x", "http://u@h", "http://h?x",
        "http://a b",
        "http://::1", "http://h\r\nX: y",
    ])
    func `what is no address to ask is refused`(text: String) {
        #expect(HTTPProbe.Target(text, path: "/livez") == nil)
    }
}

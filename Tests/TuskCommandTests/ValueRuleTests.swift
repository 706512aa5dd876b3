import Testing

@testable import TuskCommand

/// Texts of options as values.
struct ValueRuleTests {
    @Test(
        arguments: [
            (.flag, "true", .flag(true)), (.flag, "false", .flag(false)), (.text("X"), " a ", .text(" a ")),
            (.choice(["a", "b"]), "b", .text("b")), (.integer(0...9), "0", .integer(0)),
            (.integer(-5...9), "-5", .integer(-5)),
            (.duration(.zero ... .seconds(60)), "1m", .duration(.seconds(60))),
            (.duration(.zero ... .seconds(60)), "250ms", .duration(.milliseconds(250))),
            (.address, ":80", .text("0.0.0.0:80")), (.address, "localhost:0", .text("127.0.0.1:0")),
            (.address, "[::1]:8080", .text("[::1]:8080")), (.queues, "a,b", .list(["a", "b"])),
        ] as [(ValueRule, String, OptionValue)]
    )
    func `a text that fits becomes a value`(rule: ValueRule, text: String, value: OptionValue) throws {
        #expect(try rule.read([text]) == value)
    }

    @Test(
        arguments: [
            (.flag, "yes"), (.flag, ""), (.text("X"), ""), (.choice(["a", "b"]), "A"), (.integer(1...255), "0"),
            (.integer(1...255), "-1"), (.integer(1...255), "1e9"), (.integer(1...255), "+5"),
            (.integer(1...255), "1000000000000000000000"),
            (.integer(1...255), " 5"), (.integer(1...255), "５"), (.duration(.zero ... .seconds(60)), "61s"),
            (.duration(.zero ... .seconds(60)), "60"), (.duration(.zero ... .seconds(60)), "-1s"), (.address, "8080"),
            (.address, "127.0.0.1:65536"), (.address, "127.0.0.1:-1"), (.address, "example.com:80"),
            (.address, "127.1:80"),
            (.address, "::1:80"), (.address, "[::g]:80"), (.address, "127.0.0.1:"), (.queues, "a,,b"), (.queues, "a,a"),
            (.queues, "ä"), (.directories, ""),
        ] as [(ValueRule, String)]
    )
    func `a text that does not fit is refused`(rule: ValueRule, text: String) {
        #expect(throws: ValueRule.Refusal.self) { try rule.read([text]) }
    }

    @Test func `a misspelt word is answered with the nearest`() {
        do throws(ValueRule.Refusal) {
            _ = try Option.logFormat.rule.read(["jsno"])
            Issue.record("taken")
        } catch {
            #expect(error.words.hasSuffix("did you mean json?"))
        }
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("[::1]:1", true), ("localhost:1", true), ("0.0.0.0:1", false),
        (":1", false), ("10.0.0.1:1", false), ("[::]:1", false), ("[::ffff:127.0.0.1]:1", false),
        ("128.0.0.1:1", false), ("[0:0:0:0:0:0:0:1]:1", true),
    ])
    func `only addresses of this machine alone are loopback`(text: String, isLoopback: Bool) throws {
        #expect(try #require(ListenAddress(text)).isLoopback == isLoopback)
    }

    @Test(arguments: [("[0:0::1]:80", "[::1]:80"), ("[2001:DB8::0:1]:1", "[2001:db8::1]:1"), (":80", "0.0.0.0:80")])
    func `an address has one text, however it is written`(text: String, normal: String) throws {
        #expect(try #require(ListenAddress(text)).text == normal)
    }

    @Test(arguments: [("[::]:80", "::1"), (":80", "127.0.0.1"), ("[::1]:80", "::1"), ("10.0.0.1:80", "10.0.0.1")])
    func `a server on all addresses is asked at a loopback address of its version`(text: String, host: String) throws {
        #expect(HealthCommand.host(of: try #require(ListenAddress(text))) == host)
    }

    @Test(
        arguments: [
            ("jb", ["job", "queue"], "job"), ("lst", ["get", "list", "wait"], "list"),
            ("TUSK_LISTNE", ["TUSK_LISTEN"], "TUSK_LISTEN"),
            ("sched", ["schedule", "queue"], "schedule"), ("xyz", ["job"], nil), ("", ["a"], nil),
            ("get", ["list"], nil),
        ] as [(String, [String], String?)]
    )
    func `the nearest word is found when one is near`(word: String, words: [String], nearest: String?) {
        #expect(Suggestion.nearest(to: word, among: words) == nearest)
    }

    @Test func `mistakes are counted as people make them`() {
        let count = { (left: String, right: String) in Suggestion.mistakes(Array(left.utf8), Array(right.utf8)) }
        #expect(count("list", "list") == 0)
        #expect(count("lsit", "list") == 1)
        #expect(count("lis", "list") == 1)
        #expect(count("", "list") == 4)
        #expect(count("kitten", "sitting") == 3)
    }
}

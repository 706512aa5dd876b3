import Testing

/// Each check finds what it is there to find, and lets the right thing pass.
struct CheckTests {
    private func lines(_ findings: [Finding]) -> [Int] { findings.map(\.line).sorted() }

    @Test(arguments: [
        ("Sources/TuskCore/A.swift", "import Foundation", 1),
        ("Sources/TuskCore/A.swift", "struct A {}\n  @preconcurrency import Dispatch", 1),
        ("Sources/TuskAPI/A.swift", "internal import CLibPQ", 1),
        ("Sources/TuskHTTP/A.swift", "import struct TuskCore.JobID", 1),
        ("Sources/TuskHTTP/A.swift", "@testable import TuskPostgres\nimport CLinux", 1),
        ("Sources/TuskScheduler/A.swift", "import Tusk", 1),
        ("Sources/Tusk/A.swift", "import TuskScheduler", 1),
        ("Sources/TuskNew/A.swift", "let a = 1", 1),
        ("Tests/TuskHTTPTests/A.swift", "@testable import TuskStore", 1),
        ("Sources/TuskTelemetry/A.swift", "import Foundation", 1),
        ("Sources/TuskTasks/A.swift", "import Foundation\nimport Tusk\nimport TuskCore", 0),
        ("Sources/TuskCore/A.swift", "// import Foundation\nlet text = \"\"\"\nimport Foundation\n\"\"\"", 0),
        ("Tests/TuskCoreTests/A.swift", "import Foundation\nimport Testing\n@testable import TuskCore", 0),
        ("Package.swift", "import PackageDescription", 0),
    ])
    func `imports against the arrows are found`(path: String, text: String, count: Int) {
        #expect(ImportCheck.findings(in: TextFile(path: path, text: text)).count == count)
    }

    @Test(arguments: [
        ("Sources/TuskStore/A.swift", "let home = getenv(\"HOME\")", 1),
        ("Sources/Tusk/A.swift", "let all = ProcessInfo.processInfo.environment", 1),
        ("Sources/TuskCommand/A.swift", "let home = getenv(\"HOME\")", 0),
        ("Tests/TestSupport/A.swift", "let url = getenv(\"TUSK_TEST_DATABASE_URL\")", 0),
        ("Sources/TuskCore/A.swift", "let now = ContinuousClock.now", 1),
        ("Sources/TuskCore/A.swift", "let now = Date()", 1),
        ("Sources/TuskPostgres/A.swift", "let now = ContinuousClock.now", 0),
        (
            "Sources/Tusk/A.swift",
            "Thread { work() }.start()\nDispatchQueue(label: \"x\").async {}\nTask { await x() }", 3
        ),
        ("Sources/Tusk/A.swift", "await Task.yield()\nlet thread: Thread\nJobTask()\n// Task { }", 0),
        ("Sources/Tusk/SlotLane.swift", "let lane = DispatchQueue(label: \"lane\")", 0),
        ("Tests/TuskTests/A.swift", "DispatchQueue.global().async {}", 0),
        (
            "Tests/TuskTests/A.swift",
            "Thread.sleep(forTimeInterval: 1)\nusleep(5)\ntry await Task.sleep(for: .seconds(1))", 3
        ),
        ("Sources/Tusk/A.swift", "mailbox.fallAsleep()\nlet sql = \"pg_sleep(1)\"", 0),
    ])
    func `things in the wrong place are found`(path: String, text: String, count: Int) {
        #expect(AbsenceCheck.findings(in: TextFile(path: path, text: text)).count == count)
    }

    @Test(arguments: [
        ("Sources/TuskAPI/A.swift", #"let q = "select id from t""#, 1),
        ("Sources/TuskAPI/A.swift", #"let q = "SELECT count(*)""#, 1),
        (
            "Sources/TuskStore/A.swift",
            "let q = \"\"\"\n    with x as (select 1)\n    insert into y values (1)\n    \"\"\"", 1
        ),
        ("Sources/Tusk/A.swift", #"let q = "update \(table) set a = 1""#, 1),
        ("Sources/Tusk/A.swift", #"let q = "delete from " + table"#, 1),
        ("Sources/Tusk/A.swift", #"let q = "drop table if exists x""#, 1),
        ("Sources/Tusk/A.swift", #"let q = "create index concurrently x on y (z)""#, 1),
        ("Sources/Tusk/A.swift", #"let q = "copy \(table) from stdin""#, 0),
        ("Sources/Tusk/A.swift", #"let q = "copy x from stdin""#, 1),
        ("Sources/TuskPostgres/A.swift", #"let q = "select pg_catalog.pg_notify($1, $2)""#, 0),
        ("Sources/TuskPostgres/A.swift", #"let q = "select 1""#, 0),
        ("Sources/TuskPostgres/A.swift", #"let q = "select pg_catalog.max(a) from t""#, 1),
        ("Sources/TuskAPI/A.swift", #"let q = "select pg_catalog.pg_notify($1, $2)""#, 1),
        ("Sources/TuskPostgres/A.swift", #"let q = ["begin", "commit", "listen \(channel)", "set local a = b"]"#, 0),
        ("Sources/TuskCommand/A.swift", #"let help = "Select a job, create a schedule, or drop out.""#, 0),
        ("Sources/TuskCommand/A.swift", #"let file = "tusk.toml""#, 0),
        ("Sources/TuskCommand/A.swift", #"let hint = "look into tusk.job""#, 1),
        ("Sources/TuskStore/A.swift", #"let hint = "look into tusk.job""#, 0),
        ("Tests/TuskTests/A.swift", #"let q = "select count(*) from tusk.job""#, 0),
        ("Sources/Tusk/A.swift", "// select id from tusk.job\nlet a = 1", 0),
    ])
    func `SQL outside sql is found`(path: String, text: String, count: Int) {
        let migration = TextFile(
            path: "sql/migrations/0001_x.sql",
            text: "-- x\ncreate table tusk.job (\n    id bigint\n);\n"
        )
        let tables = SQLTextCheck.tables(in: [migration])
        #expect(tables == ["job"])
        #expect(SQLTextCheck.findings(in: TextFile(path: path, text: text), tables: tables).count == count)
    }

    @Test func `long lines, files and functions are found`() {
        func swift(_ text: String) -> [Int] {
            lines(SizeCheck.findings(in: TextFile(path: "Sources/Tusk/A.swift", text: text)))
        }
        #expect(swift("short\n" + String(repeating: "é", count: 121)) == [2])
        #expect(swift(String(repeating: "é", count: 120)).isEmpty)
        #expect(swift(String(repeating: "\n", count: 400)).isEmpty)
        #expect(swift(String(repeating: "\n", count: 401)) == [401])
        #expect(swift(String(repeating: "\n", count: 601)) == [601])
        let body = String(repeating: "        work()\n", count: 69)
        #expect(swift("struct A {\n    func long() {\n\(body)    }\n}") == [2])
        #expect(swift("struct A {\n    func long() {\n\(body.dropFirst(15))    }\n}").isEmpty)
        let shell = TextFile(path: "deploy/x", text: "#!/usr/bin/env bash\n" + String(repeating: "#", count: 121))
        #expect(lines(SizeCheck.findings(in: shell)) == [2])
        let query = TextFile(path: "sql/queries/x.sql", text: "--" + String(repeating: "-", count: 121))
        #expect(lines(SizeCheck.findings(in: query)) == [1])
        #expect(SizeCheck.findings(in: TextFile(path: "README.md", text: String(repeating: "x", count: 500))).isEmpty)
    }

    @Test func `the length of a function is that of its own body`() {
        let text = """
            protocol P {
                func none(_ x: Int) throws -> [Int]
                init(y: Int)
            }
            struct A {
                init(_ x: Int) { self.init(x) }
                func two(
                    _ make: () -> Int = { 1 }
                ) -> Int {
                    let text = "}}} func \\(make())"  // } func
                    return .init(2)
                }
                deinit {
                    /* } */
                }
            }
            """
        let found = SizeCheck.functions(in: SwiftText(text).code)
        #expect(found.map(\.line) == [6, 7, 13])
        #expect(found.map(\.lines) == [1, 6, 3])
    }

    @Test(arguments: [
        ("Sources/Tusk/StringUtils.swift", "enum StringUtils {}", 1),
        ("Sources/Tusk/Helpers.swift", "struct Helpers {}", 1),
        ("Tests/TestSupport/CommonThings.swift", "", 1),
        ("Sources/Tusk/QueueManager.swift", "final class QueueManager {}", 1),
        ("Sources/TuskCommand/TuskCommand.swift", "@main struct TuskCommand {}", 0),
        ("Sources/Tusk/NewsFeed.swift", "struct NewsFeed {}", 0),
        ("Sources/TuskCore/NewJob.swift", "public struct NewJob {}", 0),
        ("Sources/Tusk/Worker.swift", "struct Slot {}", 1),
        ("Sources/Tusk/Worker.swift", "// struct Worker\nlet x = \"struct Worker\"", 1),
        ("Sources/Tusk/Worker.swift", "package final class Worker: Sendable {}", 0),
        ("Sources/Tusk/Worker+Stop.swift", "extension Worker {}", 0),
        ("Sources/Tusk/Worker+Stop.swift", "extension Slot {}", 1),
        ("Sources/Tusk/Slots.swift", "struct Slot {}", 0),
        ("Sources/Tusk/Stopping.swift", "extension Worker {}", 0),
        ("Sources/Tusk/Stopping.swift", "package extension Lane {}", 0),
        ("Sources/Tusk/Stopping.swift", "extension Route {}", 1),
        ("Sources/Tusk/Stopping.swift", "struct Worker {}", 1),
        ("Sources/Tusk/Lease.swift", "extension Worker.Lease {}", 0),
        ("Sources/Tusk/Skeleton.swift", "// Nothing yet.\n", 0),
        ("Tests/TuskTests/Anything.swift", "struct Something {}", 0),
    ])
    func `files with a wrong name are found`(path: String, text: String, count: Int) {
        let paths: Set = ["Sources/Tusk/Worker.swift", "Sources/Tusk/Deep/Lane.swift", "Sources/TuskAPI/Route.swift"]
        #expect(NameCheck.findings(in: TextFile(path: path, text: text), among: paths).count == count)
    }

    @Test(arguments: [
        ("a\n// TODO: later\n", [2]), ("-- FIXME\n", [1]), ("todo list, mastodon TODOS\n", []),
        // Put together here, so that the sample is not itself what is looked for.
        (["see ", "work/x\nand ", "home/me/x and ", "root/x"].joined(separator: "/"), [1, 2, 2]),
        (["", "homework", " and a", "home", "b ${x}", "root", "y"].joined(separator: "/"), []),
    ])
    func `unfinished work and paths of a machine are found`(text: String, expected: [Int]) {
        #expect(lines(WordCheck.findings(in: TextFile(path: "deploy/x.md", text: text))) == expected)
    }

    @Test func `SQL without a header is found`() {
        func count(_ path: String, _ text: String) -> Int {
            SQLHeaderCheck.findings(in: TextFile(path: path, text: text)).count
        }
        #expect(count("sql/queries/claim_jobs.sql", "select 1\n") == 1)
        #expect(count("sql/migrations/0001_x.sql", "\n-- late\n") == 1)
        #expect(count("sql/queries/claim_jobs.sql", "-- Claims jobs.\nselect 1\n") == 0)
    }
}

struct SwiftTextTests {
    @Test(arguments: [
        ("a // b\nc", "a     \nc", []),
        ("a /* b /* c */ d */ e", "a                   e", []),
        (#"a("b")"#, "a(   )", ["b"]),
        (#"a "b\"c" d"#, "a        d", ["b c"]),
        (##"a #"b"c\n"# d"##, "a           d", [#"b"c\n"#]),
        (#"a "x\(y("z"))w" b"#, "a     y(   )    b", ["z", "x?w"]),
        ("\"\"\"\n a \"b\" // c\n\"\"\" d", "   \n           \n    d", ["\n a \"b\" // c\n"]),
        ("`func {`() {", "        () {", []),
        (#"a "unclosed"# + "\nb", "a          \nb", ["unclosed"]),
    ])
    func `code and texts are told apart`(source: String, code: String, literals: [String]) {
        let text = SwiftText(source)
        #expect(text.code == code)
        #expect(text.literals.map(\.text) == literals)
    }

    @Test func `texts know their line`() {
        #expect(SwiftText("a\n\"b\"\n\n\"\"\"\nc\n\"\"\"\n\"d\"").literals.map(\.line) == [2, 4, 7])
    }
}

import Foundation
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

@Suite struct DataExportTests {
    private static let queries = [
        "sales": """
        -- Sales of a state.
        -- param since date
        -- param state text
        select id, note, doc from public.sales, args
        where day >= args.since and sales.state is not distinct from args.state
        order by id desc;
        -- that is all
        """,
        "numbers": "select n, repeat('x', 50) as filler from generate_series(1, 30000) as n order by n",
        "write": "with gone as (delete from public.sales returning id) select id from gone",
    ]

    private static let tables = """
        create table public.sales (id integer, day date, state text, note text, doc json);
        insert into public.sales values
            (1, '2026-01-01', 'WA', 'early', '{}'),
            (2, '2026-02-01', 'WA', E'a "quoted",\\n\\\\note\\t\u{E9}', E'{"a":\\n\\t"x\\\\n\\\\\\\\"}'),
            (3, '2026-02-02', 'OR', 'other', null),
            (4, '2026-02-03', 'WA', null, '[1]'),
            (5, '2026-02-03', null, '', null);
        """

    private func args(_ file: String, _ parameters: String, _ more: String = "") -> String {
        #"{"query": "sales", "parameters": \#(parameters), "file": "\#(file)"\#(more)}"#
    }

    @Test func `the rows of a query become a CSV file, whole and with its digest`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            let wanted = args("out.csv", #"{"since": "2026-01-15", "state": "WA"}"#)
            let job = try await fixture.run("data.export", wanted, offering: Self.queries)
            #expect(job.state == .completed, "\(job.error ?? "")")
            let text =
                "id,note,doc\n4,,[1]\n2,\"a \"\"quoted\"\",\n\\note\t\u{E9}\",\"{\"\"a\"\":\n\t\"\"x\\n\\\\\"\"}\"\n"
            #expect(String(decoding: try fixture.read("out.csv"), as: UTF8.self) == text)
            let digest = Digest.hexadecimal(Digest.sha256(text.utf8))
            #expect(job.result?.text == #"{"rows":2,"bytes":\#(text.utf8.count),"sha256":"\#(digest)"}"#)
            #expect(try fixture.files == ["out.csv"])
        }
    }

    @Test func `null is a value, and each row of NDJSON is one line`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            _ = try fixture.write("before", as: "out.ndjson")
            let wanted = args("out.ndjson", #"{"since": "2026-01-15", "state": "WA"}"#)
            let job = try await fixture.run("data.export", wanted, offering: Self.queries)
            #expect(job.state == .completed, "\(job.error ?? "")")
            let lines = String(decoding: try fixture.read("out.ndjson"), as: UTF8.self).split(separator: "\n")
            #expect(
                lines == [
                    #"{"id":4,"note":null,"doc":[1]}"#,
                    #"{"id":2,"note":"a \"quoted\",\n\\note\t\#u{E9}","doc":{"a":  "x\n\\"}}"#,
                ]
            )
            let null = args("null.csv", #"{"since": "2026-01-15", "state": null}"#, #", "header": false"#)
            _ = try await fixture.run("data.export", null, offering: Self.queries)
            #expect(String(decoding: try fixture.read("null.csv"), as: UTF8.self) == "5,\"\",\n")
        }
    }

    @Test func `a compressed export can be imported again`() async throws {
        try await withImports(.migrated) { fixture in
            let wanted = #"{"query": "numbers", "file": "n.csv.gz"}"#
            let job = try await fixture.run("data.export", wanted, offering: Self.queries)
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(try fixture.read("n.csv.gz").count < 300_000)
            try fixture.database.script("create table public.n (n integer primary key, filler text)")
            let again = try await fixture.run("data.import", #"{"file": "n.csv.gz", "table": "n"}"#)
            #expect(again.result?.text.hasPrefix(#"{"rows":30000,"rejected":0"#) == true, "\(again.error ?? "")")
            #expect(try fixture.database.number("select sum(n) from public.n where length(filler) = 50") == 450_015_000)
        }
    }

    @Test(arguments: [
        (#"{"query": "nothing", "file": "x.csv"}"#, "query is not the name of a query that the configuration offers"),
        (#"{"query": "numbers", "file": "../x.csv"}"#, "not through '..'"),
        (#"{"query": "numbers", "file": "/tmp/x.csv"}"#, "the file lies outside the folders that tasks may write to"),
        (#"{"query": "numbers", "file": "link/x.csv"}"#, "the file lies outside the folders that tasks may write to"),
        (#"{"query": "numbers", "file": "x/"}"#, "the path must end in the name of a file"),
        (#"{"query": "numbers", "file": "missing/x.csv"}"#, "there is no folder for missing/x.csv"),
        (#"{"query": "numbers", "file": "x.csv", "parameters": {"a": 1}}"#, "the query takes no parameter \"a\""),
        (#"{"query": "sales", "file": "x.csv", "parameters": {"since": "2026-01-01"}}"#, "parameters has no \"state\""),
        (
            #"{"query": "sales", "file": "x.csv", "parameters": {"since": "1'); drop table sales; --", "state": ""}}"#,
            "the query takes no such parameters: invalid input syntax for type date"
        ),
        (#"{"query": "sales", "file": "x.csv", "parameters": {"since": [1], "state": ""}}"#, "parameters"),
        (#"{"query": "write", "file": "x.csv"}"#, "in a read-only transaction"),
        (#"{"query": "numbers", "file": "x.csv", "where": "1=1"}"#, "there is no such field"),
    ])
    func `what is not allowed leaves no file`(args: String, reason: String) async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            let link = "\(fixture.folder)/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/tmp")
            let job = try await fixture.run("data.export", args, offering: Self.queries)
            #expect(job.state == .discarded)
            #expect(job.error?.contains(reason) == true, "\(job.error ?? "")")
            #expect(try fixture.files == ["link"])
            #expect(try fixture.count("public.sales") == 5)
        }
    }

    @Test func `an attempt that lost its job does not touch the file, and the next one clears up`() async throws {
        try await withImports { fixture in
            _ = try fixture.write("before", as: "out.csv")
            let roots = AllowedRoots([fixture.folder], for: "tasks may write to")
            let lost = try roots.create("out.csv", OutputFile.Token(job: 7, lease: 1))
            try lost.write(Array("lost".utf8))
            #expect(try fixture.files == [".out.csv.tusk-7-1", "out.csv"])
            #expect(throws: TaskFailure.stopped) { try lost.publish { () throws(TaskFailure) in throw .stopped } }
            #expect(try fixture.read("out.csv") == Array("before".utf8))
            let next = try roots.create("out.csv", OutputFile.Token(job: 7, lease: 2))
            #expect(try fixture.files == [".out.csv.tusk-7-2", "out.csv"])
            try next.write(Array("after".utf8))
            try next.publish {}
            #expect(try fixture.files == ["out.csv"])
            #expect(try fixture.read("out.csv") == Array("after".utf8))
            withExtendedLifetime(lost) {}
        }
    }

    @Test(arguments: [
        ("", "has no query"), ("  ;\n", "has no query"),
        ("-- param since\nselect 1", "has a line that is not like"),
        ("-- param Since date\nselect 1", "has a line that is not like"),
        ("-- param a int); drop\nselect 1", "has a line that is not like"),
        ("-- param a int\n-- param a text\nselect 1", "has the parameter a twice"),
    ])
    func `texts that are no queries are refused`(text: String, reason: String) {
        let fault = #expect(throws: NamedQuery.Fault.self) { try NamedQuery(text) }
        #expect(fault?.words.hasPrefix(reason) == true)
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskTasks

@Suite struct DataRollupTests {
    private static let tables = """
        create table public.sale (id bigint generated always as identity, state text, amount numeric, day timestamptz);
        create table public.total (
            state text not null, month timestamptz not null, n bigint, paid bigint, amount numeric, least numeric,
            most numeric, primary key (state, month)
        );
        """
    private static let args = """
        {"source": "sale", "watermark": "id", "target": "total",
        "group_by": {"state": "state", "month": {"column": "day", "unit": "month"}},
        "aggregates": {"n": {"function": "count"}, "paid": {"function": "count", "column": "amount"},
            "amount": {"function": "sum", "column": "amount"}, "least": {"function": "min", "column": "amount"},
            "most": {"function": "max", "column": "amount"}}}
        """

    private func insert(_ rows: [String], _ fixture: ImportFixture) throws {
        let values = rows.map { "(\($0))" }.joined(separator: ", ")
        try fixture.database.script("insert into public.sale (state, amount, day) values \(values)")
    }

    private func totals(_ fixture: ImportFixture) throws -> [String] {
        try fixture.database.texts(
            """
            select concat_ws(' ', state, to_char(month, 'YYYY-MM'), n, paid, amount, least, most)
            from public.total order by state, month
            """
        )
    }

    @Test func `each row counts once, however often the job runs`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            try insert(
                [
                    "'WA', 5, '2026-01-10'", "'WA', null, '2026-01-20'", "'OR', null, '2026-01-01'",
                    "'WA', 1, '2026-02-01'",
                ],
                fixture
            )
            let first = try await fixture.run("data.rollup", Self.args)
            #expect(first.result?.text == #"{"rows":4,"groups":3,"watermark":"4"}"#, "\(first.error ?? "")")
            let again = try await fixture.run("data.rollup", Self.args)
            #expect(again.result?.text == #"{"rows":0,"groups":0,"watermark":"4"}"#)
            #expect(try totals(fixture) == ["OR 2026-01 1 0", "WA 2026-01 2 1 5 5 5", "WA 2026-02 1 1 1 1 1"])
            try insert(["'WA', 7.5, '2026-01-31'", "'WA', 2, '2026-01-31'", "'OR', 3, '2026-01-01'"], fixture)
            let third = try await fixture.run("data.rollup", Self.args)
            #expect(third.result?.text == #"{"rows":3,"groups":2,"watermark":"7"}"#)
            #expect(
                try totals(fixture) == ["OR 2026-01 2 1 3 3 3", "WA 2026-01 4 3 14.5 2 7.5", "WA 2026-02 1 1 1 1 1"]
            )
        }
    }

    @Test func `nothing counts when the job cannot be completed`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            try fixture.database.script(
                """
                create function public.stop() returns trigger language plpgsql as $$
                begin
                    perform tusk.cancel((select max(job.id) from tusk.job as job));
                    return new;
                end $$;
                create trigger stop before insert on public.total for each row execute function public.stop();
                """
            )
            try insert(["'WA', 5, '2026-01-10'"], fixture)
            #expect(try await fixture.run("data.rollup", Self.args).state == .cancelled)
            #expect(try totals(fixture) == [])
            try fixture.database.script("drop trigger stop on public.total")
            #expect(try await fixture.run("data.rollup", Self.args).state == .completed)
            #expect(try totals(fixture) == ["WA 2026-01 1 1 5 5 5"])
        }
    }

    @Test func `a row that is written before and committed after a run counts in the next`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            try insert(["'WA', 1, '2026-01-10'"], fixture)
            let writer = try Session(fixture.database.settings)
            defer { writer.close() }
            try writer.script("begin; insert into public.sale (state, amount, day) values ('WA', 2, '2026-01-10')")
            try insert(["'WA', 4, '2026-01-10'"], fixture)
            async let run = fixture.run("data.rollup", Self.args)
            // The run waits for the writer.
            try await eventually(within: .seconds(10)) {
                try fixture.database.number(
                    "select count(*) from pg_locks where not granted and relation = 'public.sale'::regclass"
                ) == 1
            }
            try writer.script("commit")
            #expect(try await run.result?.text == #"{"rows":3,"groups":1,"watermark":"3"}"#)
            #expect(try totals(fixture) == ["WA 2026-01 3 3 7 1 4"])
        }
    }

    @Test func `times that are too young are left for the next time`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            try fixture.database.script(
                """
                insert into public.sale (state, amount, day)
                values ('WA', 1, now() - interval '1 hour'), ('WA', 2, now() - interval '5 seconds')
                """
            )
            let args = """
                {"source": "sale", "watermark": "day", "target": "total", "lag_seconds": 60,
                "group_by": {"state": "state", "month": {"column": "day", "unit": "year"}},
                "aggregates": {"amount": {"function": "sum", "column": "amount"}}}
                """
            let young = try await fixture.run("data.rollup", args)
            #expect(young.result?.text.hasPrefix(#"{"rows":1,"groups":1"#) == true, "\(young.error ?? "")")
            let later = try await fixture.run("data.rollup", args.replacing("60", with: "0"))
            #expect(later.result?.text.hasPrefix(#"{"rows":1,"groups":1"#) == true, "\(later.error ?? "")")
            #expect(try fixture.database.number("select sum(amount)::bigint from public.total") == 3)
        }
    }

    @Test(arguments: [
        ("\"sale\"", "\"tusk.job\"", "source must be a name or schema.name"),
        ("\"sale\"", "\"other.sale\"", "source is not among the tables that the configuration allows"),
        ("\"target\": \"total\"", "\"target\": \"sale\"", "target must be another table than source"),
        ("\"watermark\": \"id\"", "\"watermark\": \"state\"", "watermark must be a column of smallint"),
        ("\"state\": \"state\"", "\"state\": \"state; drop\"", "source has no column \"state; drop\""),
        ("\"most\"", "\"most\\\" = 1; --\"", "target has no column \"most\" = 1; --\""),
        ("\"month\": {", "\"least\": {", "the column \"least\" of target takes null, and groups must not"),
        ("\"sum\", \"column\": \"amount\"", "\"sum\"", "the aggregate \"amount\" needs a column"),
        ("\"state\": \"state\", ", "", "target has no unique index on the columns of group_by"),
        ("\"sum\"", "\"avg\"", "aggregates"), ("\"month\"}", "\"month') --\"}", "group_by"),
    ])
    func `what cannot be rolled up is discarded`(old: String, new: String, reason: String) async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.tables)
            try insert(["'WA', 5, '2026-01-10'"], fixture)
            let job = try await fixture.run("data.rollup", Self.args.replacing(old, with: new))
            #expect(job.state == .discarded)
            #expect(job.error?.contains(reason) == true, "\(job.error ?? "")")
            #expect(try fixture.count("public.total") == 0)
        }
    }
}

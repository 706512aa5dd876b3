import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres

@testable import TuskTasks

@Suite struct ImportTests {
    @Test func `the three files are loaded whole`() async throws {
        try await withImports { fixture in
            try fixture.database.script(
                """
                create table public.airports (iata text primary key, name text not null, city text, state text,
                    country text, latitude double precision, longitude double precision);
                create table public.weather (date date, precipitation numeric, temp_max real, temp_min real, wind real,
                    weather varchar(10));
                create table public.temps (temp numeric(4,1), date timestamp);
                """
            )
            let airports = try fixture.load(ImportArgs(file: "airports.csv", table: "airports"))
            #expect(airports == ImportState.Totals(rows: 3376, rejected: 0, bytes: 210_365))
            #expect(try fixture.load(ImportArgs(file: "seattle-weather.csv", table: "public.weather")).rows == 1461)
            #expect(try fixture.load(ImportArgs(file: "sf-temps.csv", table: "temps")).rows == 8759)
            let sum = try fixture.database.texts("select sum(temp)::text || ' ' || max(date) from public.temps")
            // As `psql \\copy` loads it.
            #expect(sum == ["498598.3 2010-12-31 23:00:00"])
            let odd = try fixture.database.number("select count(*) from public.airports where name like '%,%'")
            #expect(odd == 7)
            let tables = try fixture.database.number("select count(*) from pg_tables where tablename ~ 'rejects'")
            #expect(tables == 0)
        }
    }

    @Test func `every good row is loaded and every bad one kept aside with its line and the reason`() async throws {
        try await withImports { fixture in
            try fixture.database.script(
                """
                create table public.t (id integer primary key, name varchar(8) not null, born date, ok boolean,
                    key uuid, amount numeric(6,2) check (amount >= 0));
                """
            )
            let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
            var bytes = Array("id,name,born,ok,key,amount\r\n".utf8)
            let bad: [(raw: String, reason: String)] = [
                ("x,ann,2020-01-01,t,,1", "column \"id\": \"x\" is not a whole number"),
                ("99999999999,ann,2020-01-01,t,,1", "column \"id\": \"99999999999\" is too large a whole number"),
                ("2,,2020-01-01,t,,1", "column \"name\": null, which the column does not take"),
                ("3,ann,2020-02-30,t,,1", "column \"born\": \"2020-02-30\" is a day that does not exist"),
                ("4,ann,2020-01-01,maybe,,1", "column \"ok\": \"maybe\" is not true or false"),
                ("5,ann,2020-01-01,t,not-a-uuid,1", "column \"key\": \"not-a-uuid\" is not a UUID"),
                ("6,annabella,2020-01-01,t,,1", "column \"name\": \"annabella\" is too long"),
                ("7,ann,2020-01-01,t", "4 fields where 6 are expected"),
                ("8,ann,2020-01-01,t,,1,more", "7 fields where 6 are expected"),
                ("9,a\"nn,2020-01-01,t,,1", "a quote inside a field that does not start with one"),
                ("10,\"ann\"x,2020-01-01,t,,1", "text after the closing quote of a field"),
                ("11,ann,2020-01-01,t,,12345.6", "column \"amount\": \"12345.6\" is too large a number"),
                (
                    "12,ann,2020-01-01,t,,-1",
                    "new row for relation \"t\" violates check constraint \"t_amount_check\""
                ),
                ("1000,ann,2020-01-01,t,,1", "duplicate key value violates unique constraint \"t_pkey\""),
                ("13,ann,Juni 2020,t,,1", "invalid input syntax for type date: \"Juni 2020\""),
                ("14,\"closed by another row,2020-01-01,t,,1", "text after the closing quote of a field"),
                ("", "an empty line"),
            ]
            var expected: [String] = []
            var line = 2
            for (place, row) in bad.enumerated() {
                for copy in 0..<3 {
                    bytes += "\(1000 + place * 3 + copy),\"a,\"\"\(copy)\n\",2020-02-29,yes,\(uuid),0.5\r\n".utf8
                    line += 2
                }
                bytes += "\(row.raw)\r\n".utf8
                expected.append("\(line) \(row.reason) | \(row.raw)")
                line += 1
            }
            // Bytes that are no UTF-8, and a last line without an end.
            bytes += "15,a".utf8 + [0xE9] + "nn,2020-01-01,t,,1\n16,\"never closed".utf8
            expected.append("\(line) column \"name\": \"a\u{FFFD}nn\" is not UTF-8 | 15,a\u{FFFD}nn,2020-01-01,t,,1")
            expected.append("\(line + 1) a quoted field that is never closed | 16,\"never closed")
            let name = try fixture.write(bytes)
            let totals = try fixture.load(ImportArgs(file: name, table: "t"))
            for (found, expected) in zip(try fixture.rejects(), expected) { #expect(found == expected) }
            #expect(totals == ImportState.Totals(rows: bad.count * 3, rejected: bad.count + 2, bytes: bytes.count))
            #expect(try fixture.count() == Int64(bad.count * 3))
            #expect(try fixture.database.number("select count(*) from public.t where name = 'a,\"2' || chr(10)") == 17)
            #expect(try fixture.database.number("select count(*) from public.t_rejects where job_id = 77") == 19)
        }
    }

    @Test func `rows that only the server can judge are found wherever they are`() async throws {
        try await withImports { fixture in
            try fixture.database.script(
                """
                create table public.parent (id integer primary key);
                insert into public.parent select generate_series(1, 5000);
                create table public.t (id integer references public.parent (id) deferrable initially deferred, ip inet);
                """
            )
            let rows = (1...5000).map { id -> String in
                switch id {
                case 1, 2500, 4999: "\(id + 100_000),10.0.0.1"
                case 700, 701, 5000: "\(id),10.0.0.999"
                default: "\(id),10.0.0.\(id % 256)"
                }
            }
            let name = try fixture.write("id,ip\n" + rows.joined(separator: "\n"))
            let totals = try fixture.load(ImportArgs(file: name, table: "t"))
            #expect(totals.rows == 4994)
            #expect(totals.rejected == 6)
            let lines = try fixture.database.texts("select line::text from public.t_rejects order by t_rejects.line")
            #expect(lines == ["2", "701", "702", "2501", "5000", "5001"])
            #expect(try fixture.count() == 4994)
        }
    }

    @Test func `what a trigger raises sets the row aside, what it leaves out counts as loaded`() async throws {
        try await withImports { fixture in
            try fixture.database.script(
                """
                create table public.t (id integer);
                create table public.seen (id integer);
                create function public.look() returns trigger language plpgsql as $$
                begin
                    if new.id = 3 then raise exception 'not three'; end if;
                    insert into seen values (new.id);
                    return case when new.id = 4 then null else new end;
                end $$;
                create trigger look before insert on public.t for each row execute function public.look();
                """
            )
            let totals = try fixture.load(ImportArgs(file: try fixture.write("id\n1\n2\n3\n4\n5\n"), table: "t"))
            #expect([totals.rows, totals.rejected] == [4, 1])
            #expect(try fixture.rejects() == ["4 not three | 3"])
            #expect(try fixture.count() == 3)
            #expect(try fixture.count("public.seen") == 4)
        }
    }

    @Test func `more rejects than allowed leave nothing behind`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (id integer)")
            let name = try fixture.write("id\n1\nx\ny\n2\n")
            let reason =
                "more than 1 rows cannot be loaded; the first is in line 3: "
                + "column \"id\": \"x\" is not a whole number"
            #expect(throws: TaskFailure.refused(reason)) {
                try fixture.load(ImportArgs(file: name, table: "t", rejectsMax: 1))
            }
            #expect(try fixture.count() == 0)
            let tables = try fixture.database.number("select count(*) from pg_tables where tablename = 't_rejects'")
            #expect(tables == 0)
            #expect(try fixture.load(ImportArgs(file: name, table: "t", rejectsMax: 2)).rejected == 2)
        }
    }

    @Test func `columns are mapped, ignored and left to their defaults as asked`() async throws {
        try await withImports { fixture in
            try fixture.database.script(
                """
                create schema "odd schema";
                create table "odd schema"."odd; table" (id bigint generated always as identity, "the name" text,
                    made timestamptz default now());
                """
            )
            let name = try fixture.write("Name;Secret;Age\nann;x;NULL\n\"NULL\";y;3\n")
            var args = ImportArgs(file: name, table: "odd schema.odd; table", columns: ["Name": "the name"])
            args.delimiter = ";"
            args.null = "NULL"
            args.rejectTable = "odd schema.bad \" rows"
            #expect(try fixture.load(args).rows == 2)
            let names = "select \"the name\" from \"odd schema\".\"odd; table\" where made is not null order by id"
            #expect(try fixture.database.texts(names) == ["ann", "NULL"])
            args.columns = nil
            args.header = false
            args.file = try fixture.write("bea;2020-01-01\ncarl\n")
            #expect(try fixture.load(args).rows == 1)
            #expect(
                try fixture.rejects("\"odd schema\".\"bad \"\" rows\"") == [
                    "2 1 fields where 2 are expected | carl"
                ]
            )
        }
    }

    @Test(arguments: [
        ("missing", nil, nil, "there is no table public.missing"),
        ("t; drop table t", nil, nil, "there is no table public.t; drop table t"),
        ("public.t\" (id) from stdin; --", nil, nil, "there is no table public.t\" (id) from stdin; --"),
        ("other.t", nil, nil, "table is not among the tables that the configuration allows"),
        ("t", nil, "other.t", "reject_table is not among the tables that the configuration allows"),
        ("tusk.job", nil, nil, "table must be a name or schema.name, and none of the server's or of Tusk's own"),
        ("t", ["id": "id) from stdin; --"], nil, "the table has no column \"id) from stdin; --\""),
        ("t", nil, "pg_catalog.x", "reject_table must be the name of another table"),
        ("t", nil, "public.t", "reject_table must be the name of another table"),
        ("v", nil, nil, "there is no table public.v"),
    ])
    func `tables and columns that are not there are refused, whatever is in their names`(
        table: String,
        columns: [String: String]?,
        rejectTable: String?,
        message: String
    ) async throws {
        try await withImports { fixture in
            try fixture.database.script(
                "create table public.t (id integer); create view public.v as select * from public.t"
            )
            let name = try fixture.write("id\n1\n")
            let args = ImportArgs(file: name, table: table, columns: columns, rejectTable: rejectTable)
            #expect(throws: TaskFailure.refused(message)) { try fixture.load(args) }
            #expect(try fixture.count() == 0)
        }
    }

    @Test func `nothing is left when the job cannot be completed, or is told to stop`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (id integer)")
            let args = ImportArgs(file: try fixture.write("id\n1\nx\n"), table: "t")
            let lost = PostgresError.server(ServerError(sqlState: "TK001", message: "lost"))
            #expect(throws: TaskFailure.database(lost)) {
                try fixture.load(args, complete: { _, _ throws(PostgresError) in throw lost })
            }
            #expect(throws: TaskFailure.stopped) { try fixture.load(args, shouldStop: { true }) }
            #expect(try fixture.count() == 0)
        }
    }

    @Test(arguments: [
        ("", "the file has no header"),
        ("a\"b\n1\n", "the header has a quote inside a field that does not start with one"),
        ("\u{FEFF}", "the file has no header"),
    ])
    func `a file without a header that can be read is refused`(text: String, message: String) async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (id integer)")
            let args = ImportArgs(file: try fixture.write(text), table: "t")
            #expect(throws: TaskFailure.refused(message)) { try fixture.load(args) }
        }
    }

    @Test func `a file may start with a byte order mark and have a header only`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (id integer)")
            #expect(try fixture.load(ImportArgs(file: try fixture.write("\u{FEFF}id\n"), table: "t")).rows == 0)
            #expect(try fixture.load(ImportArgs(file: try fixture.write("\u{FEFF}id\n7"), table: "t")).rows == 1)
        }
    }
}

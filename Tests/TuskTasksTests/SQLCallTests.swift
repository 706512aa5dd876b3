import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

@Suite struct SQLCallTests {
    private static let work = """
        create table public.done (doc json);
        create function public.work(input json) returns json language sql as
            $$ insert into public.done values (input) returning json_build_object('got', input -> 'n') $$;
        """

    @Test func `a function gets the args as they came, and what it returns is the result`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(Self.work)
            let job = try await fixture.run("sql.call", #"{"function": "public.work", "args": {"n": 1.10, "x":  1}}"#)
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(job.result?.text == #"{"got" : 1.10}"#)
            #expect(try fixture.database.texts("select doc::text from public.done") == [#"{"n": 1.10, "x":  1}"#])
        }
    }

    @Test(arguments: [
        ("jsonb", "text", "select 'it''s ' || (input ->> 'n')", #""it's 7""#),
        ("jsonb", "void", "select", "null"),
        ("jsonb", "jsonb", "select null::jsonb", "null"),
        ("json", "integer", "select 3", "3"),
    ])
    func `what is not JSON is made JSON`(takes: String, returns: String, body: String, result: String) async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(
                "create function public.work(input \(takes)) returns \(returns) language sql as $$ \(body) $$"
            )
            let job = try await fixture.run("sql.call", #"{"function": "public.work", "args": {"n": 7}}"#)
            #expect(job.result?.text == result, "\(job.error ?? "")")
        }
    }

    @Test func `nothing stays of a function that raises, or of a job that is told to stop`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(
                """
                create table public.done (id bigint);
                create function public.work(input json) returns void language plpgsql as $$
                begin
                    insert into public.done values (1);
                    if input ->> 'end' = 'raise' then raise exception 'no'; end if;
                    perform tusk.cancel((select max(job.id) from tusk.job as job));
                end $$;
                """
            )
            let failed = try await fixture.run("sql.call", #"{"function": "public.work", "args": {"end": "raise"}}"#)
            #expect(failed.state == .discarded)
            #expect(failed.error?.contains("no") == true)
            let stopped = try await fixture.run("sql.call", #"{"function": "public.work"}"#)
            #expect(stopped.state == .cancelled)
            #expect(try fixture.count("public.done") == 0)
        }
    }

    @Test(arguments: [
        ("public.other", "function is not among those that the configuration lists"),
        ("pg_catalog.pg_terminate_backend", "function is not among those that the configuration lists"),
        ("public.work(1); drop table x", "function is not among those that the configuration lists"),
        ("public.work", "0 functions public.work take a json or jsonb, and it has to be one"),
        ("public.odd", "2 functions public.odd take a json or jsonb, and it has to be one"),
    ])
    func `only functions that are listed and take JSON are called`(function: String, reason: String) async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script(
                """
                create function public.other(input json) returns void language sql as 'select';
                create function public.work(input text) returns void language sql as 'select';
                create function public.odd(input json) returns void language sql as 'select';
                create function public.odd(input jsonb) returns void language sql as 'select';
                """
            )
            let job = try await fixture.run("sql.call", #"{"function": "\#(function)"}"#)
            #expect(job.state == .discarded)
            #expect(job.error == reason)
        }
    }
}

import Dispatch
import TestSupport
import Testing
import TuskPostgres

@Suite struct SessionTests {
    @Test func `an error of the server comes with all its fields and leaves the session usable`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            try session.script(
                "create schema s; create table s.t (n int constraint n_is_small check (n < 10), m int not null)"
            )
            let statement = Statement(name: "insert_big", text: "insert into s.t values (10, 1)")
            let error = #expect(throws: PostgresError.self) { try session.run(statement) }
            guard case .server(let error) = try #require(error) else { throw try #require(error) }
            #expect(error.sqlState == "23514")
            #expect(error.severity == "ERROR")
            #expect(error.schema == "s")
            #expect(error.table == "t")
            #expect(error.constraint == "n_is_small")
            #expect(error.statement == "insert_big")
            #expect(error.detail?.contains("10") == true)
            #expect(!error.isTransient)
            #expect(session.isUsable)
            #expect(try session.run(Statement(name: "one", text: "select 1")).int4(0, 0) == 1)
        }
    }

    @Test func `an error of the implicit commit is an error of the statement`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            try session.script("create table public.t (n int unique deferrable initially deferred)")
            let twice = Statement(name: "insert_twice", text: "insert into public.t values (1), (1) returning n")
            let error = #expect(throws: PostgresError.self) { try session.run(twice) }
            #expect(error?.sqlState == "23505")
            let pipelined = #expect(throws: PostgresError.self) {
                try session.pipeline([(twice, Parameters()), (Statement(name: "one", text: "select 1"), Parameters())])
            }
            #expect(pipelined?.sqlState == "23505")
            #expect(session.isUsable)
            #expect(try session.run(Statement(name: "count", text: "select count(*) from public.t")).int8(0, 0) == 0)
        }
    }

    @Test func `a command tells how many rows it changed`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            try session.script("create table public.t (n int)")
            let insert = Statement(name: "insert", text: "insert into public.t select generate_series(1, 7)")
            #expect(try session.run(insert).commandRowCount == 7)
            let lock = Statement(name: "analyze", text: "analyze public.t")
            #expect(try session.run(lock).commandRowCount == 0)
        }
    }

    @Test func `notices are kept, not printed, and no more than 32`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            try session.script("do $$ begin for i in 1..40 loop raise notice 'note %', i; end loop; end $$")
            let notices = session.takeNotices()
            #expect(notices.count == 32)
            #expect(notices.last?.message == "note 40")
            #expect(session.takeNotices().isEmpty)
        }
    }

    @Test func `a script is one transaction`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let error = #expect(throws: PostgresError.self) {
                try session.script("create table public.t (n int); select 1/0")
            }
            #expect(error?.sqlState == "22012")
            let exists = Statement(name: "exists", text: "select to_regclass('public.t') is not null")
            #expect(try !session.run(exists).bool(0, 0))
        }
    }

    @Test func `a closed session refuses calls`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            session.close()
            session.close()
            #expect(!session.isUsable)
            #expect(throws: PostgresError.closed) { try session.run(Statement(name: "one", text: "select 1")) }
        }
    }

    @Test func `a session whose server end is killed says so and is closed`() async throws {
        try await withDatabase { database in
            let (session, killer) = (try database.session(), try database.session())
            try killer.kill(session)
            let error = #expect(throws: PostgresError.self) {
                try session.run(Statement(name: "one", text: "select 1", isReadOnly: true))
            }
            #expect(error?.isTransient == true)
            #expect(error?.isUnknownOutcome == false)
            #expect(!session.isUsable)
        }
    }

    @Test func `another thread can cancel a statement`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let handle = try session.cancelHandle()
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { handle.request() }
            let error = #expect(throws: PostgresError.self) {
                try session.run(Statement(name: "sleep", text: "select pg_sleep(9)"))
            }
            #expect(error?.sqlState == "57014")
            #expect(error?.isTransient == true)
            #expect(session.isUsable)
            #expect(try session.number("select 1::int8") == 1)
        }
    }

    @Test func `what the server says about itself can be read`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            #expect(session.serverVersion >= 150_000)
            #expect(session.backendPID > 0)
            #expect(try session.serverSetting("fsync") == "on")
            #expect(try session.serverSetting("no.such_setting") == nil)
        }
    }

    @Test func `a signal does not end a wait`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let signals = Interruptions()
            defer { signals.stop() }
            let answer = try session.run(Statement(name: "sleep", text: "select pg_sleep(0.3)::text, 1"))
            #expect(answer.int4(0, 1) == 1)
            #expect(signals.count > 0)
        }
    }
}

@Suite struct PipelineTests {
    private let one = Statement(name: "one", text: "select 1")

    @Test func `many calls go in one flush and are one transaction`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let transaction = Statement(name: "xid", text: "select pg_current_xact_id()::text, $1::int8")
            let answers = try session.pipeline(
                (0..<500).map { number in
                    var parameters = Parameters()
                    parameters.int8(Int64(number))
                    return (transaction, parameters)
                }
            )
            #expect(answers.map { $0.int8(0, 1) } == Array(0..<500))
            #expect(Set(answers.map { $0.text(0, 0) }).count == 1)
        }
    }

    @Test func `an error in the middle undoes the calls before it and stops those after it`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            try session.script("create table public.t (n int)")
            let insert = Statement(name: "insert", text: "insert into public.t values (1)")
            let broken = Statement(name: "broken", text: "select 1/0")
            let error = #expect(throws: PostgresError.self) {
                try session.pipeline([insert, broken, insert].map { ($0, Parameters()) })
            }
            guard case .server(let error) = try #require(error) else { throw try #require(error) }
            #expect(error.sqlState == "22012")
            #expect(error.statement == "broken")
            #expect(try session.run(Statement(name: "count", text: "select count(*) from public.t")).int8(0, 0) == 0)
            #expect(try session.pipeline([(one, Parameters()), (one, Parameters())]).count == 2)
        }
    }

    @Test func `a failed pipeline with its own begin leaves no transaction open`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let calls = ["begin", "select 1/0", "commit"].map { (Statement(name: "call", text: $0), Parameters()) }
            #expect(throws: PostgresError.self) { try session.pipeline(calls) }
            let text = "select pg_current_xact_id_if_assigned() is null"
            #expect(try session.run(Statement(name: "xid", text: text)).bool(0, 0))
        }
    }

    @Test func `a large pipeline does not deadlock with large answers`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            let echo = Statement(name: "echo", text: "select $1::text")
            var parameters = Parameters()
            parameters.text(String(repeating: "x", count: 300_000))
            let answers = try session.pipeline(Array(repeating: (echo, parameters), count: 60))
            #expect(answers.allSatisfy { $0.withBytes(0, 0) { $0.count } == 300_000 })
        }
    }

    @Test func `an empty pipeline is nothing`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            #expect(try session.pipeline([]).isEmpty)
        }
    }
}

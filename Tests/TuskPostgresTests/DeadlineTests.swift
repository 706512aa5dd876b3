import TestSupport
import Testing
import TuskPostgres

/// No call takes much longer than its deadline, whatever the network does.
@Suite struct DeadlineTests {
    private let one = Statement(name: "one", text: "select 1")
    private let limit = Duration.milliseconds(300)
    /// What a call may take beyond its deadline on a busy machine.
    private let grace = Duration.milliseconds(500)

    private func settings(_ database: TestDatabase, _ proxy: FaultProxy) -> ConnectionSettings {
        var settings = database.settings
        settings.conninfo = proxy.connectionString(database.connectionString)
        return settings
    }

    @Test func `a call into a black hole ends with its deadline, its outcome unknown`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            let session = try Session(settings(database, proxy))
            proxy.mode = .blackhole
            let start = ContinuousClock.now
            #expect(throws: PostgresError.deadline(sent: true)) { try session.run(one, deadline: .after(limit)) }
            #expect(start.duration(to: .now) < limit + grace)
            #expect(start.duration(to: .now) >= limit)
            #expect(!session.isUsable)
            #expect(throws: PostgresError.closed) { try session.run(one) }
        }
    }

    @Test func `a large statement into a black hole ends with its deadline`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            let session = try Session(settings(database, proxy))
            proxy.mode = .delay(milliseconds: 60_000)
            var parameters = Parameters()
            parameters.bytea([UInt8](repeating: 7, count: 30_000_000))
            let start = ContinuousClock.now
            let statement = Statement(name: "length", text: "select length($1)")
            #expect(throws: PostgresError.deadline(sent: true)) {
                try session.run(statement, parameters, deadline: .after(limit))
            }
            #expect(start.duration(to: .now) < limit + grace)
        }
    }

    @Test func `connecting into a black hole ends with the connect timeout`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            proxy.mode = .blackhole
            var settings = settings(database, proxy)
            settings.connectTimeout = limit
            let start = ContinuousClock.now
            let error = #expect(throws: PostgresError.self) { _ = try Session(settings) }
            #expect(error?.isTransient == true)
            #expect(error?.isUnknownOutcome == false)
            #expect(error?.message.contains("\(proxy.port)") == true)
            #expect(start.duration(to: .now) < limit + grace)
        }
    }

    @Test func `a statement whose answer is lost has taken effect, and the error says that it may have`() async throws {
        try await withDatabase { database in
            let direct = try database.session()
            try direct.script("create table public.t (n int)")
            let proxy = try FaultProxy(to: database.connectionString)
            let session = try Session(settings(database, proxy))
            proxy.mode = .dropReplies
            let insert = Statement(name: "insert", text: "insert into public.t values (1)")
            let error = #expect(throws: PostgresError.self) { try session.run(insert, deadline: .after(limit)) }
            #expect(error?.isUnknownOutcome == true)
            try await eventually { try direct.number("select count(*) from public.t") == 1 }
        }
    }

    @Test func `a lost answer to a read-only statement leaves nothing unknown`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            let session = try Session(settings(database, proxy))
            proxy.mode = .dropReplies
            let statement = Statement(name: "one", text: "select 1", isReadOnly: true)
            #expect(throws: PostgresError.deadline(sent: false)) { try session.run(statement, deadline: .after(limit)) }
            #expect(!session.isUsable)
        }
    }

    @Test func `within a transaction only a lost commit is unknown`() async throws {
        try await withDatabase { database in
            let direct = try database.session()
            try direct.script("create table public.t (n int)")
            let proxy = try FaultProxy(to: database.connectionString)
            let insert = Statement(name: "insert", text: "insert into public.t values (1)")
            let first = try Session(settings(database, proxy))
            let inside = #expect(throws: PostgresError.self) {
                try first.transaction { session throws(PostgresError) in
                    proxy.mode = .dropReplies
                    _ = try session.run(insert, deadline: .after(limit))
                }
            }
            #expect(inside == .deadline(sent: false))
            proxy.mode = .pass
            let second = try Session(settings(database, proxy))
            let atCommit = #expect(throws: PostgresError.self) {
                try second.transaction(deadline: .after(limit)) { session throws(PostgresError) in
                    _ = try session.run(insert)
                    proxy.mode = .dropReplies
                }
            }
            #expect(atCommit == .deadline(sent: true))
            try await eventually { try direct.number("select count(*) from public.t") == 1 }
        }
    }

    @Test func `a connection that breaks during a call is a lost connection with an unknown outcome`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            let session = try Session(settings(database, proxy))
            proxy.mode = .cutAfter(replyBytes: 3)
            let error = #expect(throws: PostgresError.self) { try session.run(one) }
            guard case .connection(_, sent: true) = try #require(error) else { throw try #require(error) }
            #expect(!session.isUsable)
        }
    }

    @Test func `wherever the replies break off, the call fails, or succeeds whole`() async throws {
        try await withDatabase { database in
            let direct = try database.session()
            try direct.script("create table public.t (n int primary key)")
            let proxy = try FaultProxy(to: database.connectionString)
            let insert = Statement(name: "insert", text: "insert into public.t values ($1) returning n")
            for bytes in stride(from: 1, through: 90, by: 4) {
                proxy.mode = .pass
                let session = try Session(settings(database, proxy))
                proxy.mode = .cutAfter(replyBytes: bytes)
                var parameters = Parameters()
                parameters.int4(Int32(bytes))
                do throws(PostgresError) {
                    #expect(try session.run(insert, parameters).int4(0, 0) == Int32(bytes))
                } catch {
                    #expect(error.isUnknownOutcome, "\(bytes) bytes")
                }
            }
        }
    }

    /// The answer to `commit` takes 27 bytes, after which the server says with 6 more that it is ready.
    @Test func `a commit whose answer arrived stands, even when the connection breaks right after it`() async throws {
        try await withDatabase { database in
            let direct = try database.session()
            try direct.script("create table public.t (n int primary key)")
            let proxy = try FaultProxy(to: database.connectionString)
            var successes: [Int] = []
            for bytes in 20..<33 {
                proxy.mode = .pass
                let session = try Session(settings(database, proxy))
                do throws(PostgresError) {
                    try session.transaction { session throws(PostgresError) in
                        _ = try session.run(Statement(name: "insert", text: "insert into public.t values (\(bytes))"))
                        proxy.mode = .cutAfter(replyBytes: bytes)
                    }
                    successes.append(bytes)
                } catch {
                    #expect(error.isUnknownOutcome, "\(bytes) bytes")
                }
                #expect(!session.isUsable)
            }
            #expect(successes == Array(27..<33))
            try await eventually { try direct.number("select count(*) from public.t") == 13 }
        }
    }

    /// `begin` is answered in 26 bytes, the insert in 31, `commit` in 27, then come the 6 of being ready.
    @Test func `a commit answered in a pipeline stands too`() async throws {
        try await withDatabase { database in
            try database.session().script("create table public.t (n int)")
            let proxy = try FaultProxy(to: database.connectionString)
            let calls = ["begin", "insert into public.t values (1)", "commit"].map {
                (Statement(name: "call", text: $0), Parameters())
            }
            var successes: [Int] = []
            for bytes in 78..<90 {
                proxy.mode = .pass
                let session = try Session(settings(database, proxy))
                proxy.mode = .cutAfter(replyBytes: bytes)
                do throws(PostgresError) {
                    _ = try session.pipeline(calls)
                    successes.append(bytes)
                } catch {
                    #expect(error.isUnknownOutcome, "\(bytes) bytes")
                }
            }
            #expect(successes == Array(84..<90))
        }
    }

    @Test func `a call without time left is not sent`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            #expect(throws: PostgresError.deadline(sent: false)) { try session.run(one, deadline: .after(.zero)) }
            #expect(try session.run(one).int4(0, 0) == 1)
        }
    }

    @Test func `a slow network only makes calls slow`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            let session = try Session(settings(database, proxy))
            proxy.mode = .delay(milliseconds: 50)
            let start = ContinuousClock.now
            #expect(try session.run(one).int4(0, 0) == 1)
            #expect(start.duration(to: .now) >= .milliseconds(100))
        }
    }

    @Test func `the server gives up a statement whose client is gone`() async throws {
        try await withDatabase { database in
            let (session, observer) = (try database.session(), try database.session())
            let process = session.backendPID
            let sleep = Statement(name: "sleep", text: "select pg_sleep(60)")
            #expect(throws: PostgresError.deadline(sent: true)) { try session.run(sleep, deadline: .after(limit)) }
            try await eventually(within: .seconds(8)) {
                try observer.number("select count(*) from pg_stat_activity where pid = \(process)") == 0
            }
        }
    }
}

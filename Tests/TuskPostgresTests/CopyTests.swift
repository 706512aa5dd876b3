import TestSupport
import Testing
import TuskPostgres

@Suite struct CopyTests {
    private let copyIn = Statement(name: "copy_in", text: "copy public.t from stdin with (format csv)")
    private let copyOut = Statement(
        name: "copy_out",
        text: "copy (select n, word from public.t order by n) to stdout with (format csv)",
        isReadOnly: true
    )

    private func prepare(_ database: TestDatabase, _ scope: SettingsScope = .session) throws -> Session {
        var settings = database.settings
        settings.settingsScope = scope
        let session = try Session(settings)
        try session.script("create table public.t (n int primary key, word text)")
        return session
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a hundred thousand rows go in and come out`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try prepare(database, scope)
            let rows = (1...100_000).map { "\($0),\"word, \($0)\"\n" }
            let writer = try session.copyIn(copyIn)
            for start in stride(from: 0, to: rows.count, by: 1000) {
                try writer.write(rows[start..<start + 1000].joined().utf8)
            }
            #expect(try writer.finish() == 100_000)
            let reader = try session.copyOut(copyOut)
            var received: [UInt8] = []
            while let row = try reader.next() { received += row }
            #expect(received == Array(rows.joined().utf8))
            #expect(try reader.next() == nil)
            #expect(try session.number("select count(*) from public.t") == 100_000)
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a cancelled copy leaves nothing and a usable session`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try prepare(database, scope)
            let writer = try session.copyIn(copyIn)
            try writer.write("1,one\n".utf8)
            try writer.cancel(reason: "changed my mind")
            #expect(try session.number("select count(*) from public.t") == 0)
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a bad row is an error at the end and leaves a usable session`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try prepare(database, scope)
            let writer = try session.copyIn(copyIn)
            try writer.write("1,one\nx,two\n".utf8)
            let error = #expect(throws: PostgresError.self) { try writer.finish() }
            #expect(error?.sqlState == "22P02")
            #expect(try session.number("select count(*) from public.t") == 0)
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a statement that is no copy is refused`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try prepare(database, scope)
            let missing = Statement(name: "copy_missing", text: "copy public.missing from stdin")
            let error = #expect(throws: PostgresError.self) { _ = try session.copyIn(missing) }
            #expect(error?.sqlState == "42P01")
            #expect(try session.number("select 1::int8") == 1)
            let other = try Session(session.settings)
            let wrong = #expect(throws: PostgresError.self) { _ = try other.copyIn(copyOut) }
            guard case .protocolViolation = try #require(wrong) else { throw try #require(wrong) }
            #expect(!other.isUsable)
        }
    }

    @Test func `a copy by run is a mistake that ends the session`() async throws {
        try await withDatabase { database in
            for statement in [copyIn, copyOut] {
                let session = try database.session()
                try session.script("create table if not exists public.t (n int, word text)")
                let error = #expect(throws: PostgresError.self) { try session.run(statement) }
                guard case .protocolViolation = try #require(error) else { throw try #require(error) }
                #expect(error?.isUnknownOutcome == !statement.isReadOnly)
                #expect(!session.isUsable)
            }
        }
    }

    @Test func `a writer waits while the server takes nothing, until its deadline`() async throws {
        try await withDatabase { database in
            _ = try prepare(database)
            let proxy = try FaultProxy(to: database.connectionString)
            var settings = database.settings
            settings.conninfo = proxy.connectionString(database.connectionString)
            let session = try Session(settings)
            let writer = try session.copyIn(copyIn)
            proxy.mode = .delay(milliseconds: 60_000)
            let start = ContinuousClock.now
            let error = #expect(throws: PostgresError.self) {
                for _ in 0..<1000 {
                    try writer.write([UInt8](repeating: 10, count: 1_000_000), deadline: .after(.milliseconds(300)))
                }
            }
            #expect(error == .deadline(sent: false))
            #expect(start.duration(to: .now) < .seconds(3))
            #expect(!session.isUsable)
        }
    }

    @Test func `a lost answer to the end of a copy is an unknown outcome`() async throws {
        try await withDatabase { database in
            _ = try prepare(database)
            let proxy = try FaultProxy(to: database.connectionString)
            var settings = database.settings
            settings.conninfo = proxy.connectionString(database.connectionString)
            let writer = try Session(settings).copyIn(copyIn)
            try writer.write("1,one\n".utf8)
            proxy.mode = .dropReplies
            #expect(throws: PostgresError.deadline(sent: true)) {
                try writer.finish(deadline: .after(.milliseconds(300)))
            }
        }
    }

    @Test func `a dropped writer or reader closes its session`() async throws {
        try await withDatabase { database in
            let session = try prepare(database)
            _ = try session.copyIn(copyIn)
            #expect(!session.isUsable)
            let other = try Session(session.settings)
            let nine = Statement(name: "nine", text: "copy (select generate_series(1, 9)) to stdout")
            let reader = try other.copyOut(nine)
            #expect(try reader.next() == Array("1\n".utf8))
            reader.cancel()
            #expect(try reader.next() == nil)
            #expect(!other.isUsable)
        }
    }
}

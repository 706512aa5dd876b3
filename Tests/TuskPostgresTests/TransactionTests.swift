import TestSupport
import Testing
import TuskPostgres

@Suite(.serialized) struct TransactionTests {
    private struct Refused: Error, Equatable {}

    private let insert = Statement(name: "insert", text: "insert into public.t values (1)")

    private func settings(_ database: TestDatabase, _ scope: SettingsScope) throws -> ConnectionSettings {
        try database.session().script("create table public.t (n int)")
        var settings = database.settings
        settings.settingsScope = scope
        return settings
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a transaction is committed when its body returns`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try Session(settings(database, scope))
            let rows = try session.transaction { session throws(PostgresError) in
                _ = try session.run(insert)
                return try session.run(insert).commandRowCount
            }
            #expect(rows == 1)
            #expect(try session.number("select count(*) from public.t") == 2)
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a transaction is rolled back when its body throws, with the body's error`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try Session(settings(database, scope))
            #expect(throws: Refused()) {
                try session.transaction(mapping: { _ in Refused() }) { session throws(Refused) in
                    do throws(PostgresError) { _ = try session.run(insert) } catch {}
                    throw Refused()
                }
            }
            let error = #expect(throws: PostgresError.self) {
                try session.transaction { session throws(PostgresError) in
                    _ = try session.run(insert)
                    _ = try session.run(Statement(name: "broken", text: "select 1/0"))
                }
            }
            #expect(error?.sqlState == "22012")
            #expect(session.isUsable)
            #expect(try session.number("select count(*) from public.t") == 0)
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a failed statement that the body ignores is not committed over`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let session = try Session(settings(database, scope))
            let error = #expect(throws: PostgresError.self) {
                try session.transaction { session throws(PostgresError) in
                    _ = try session.run(insert)
                    let broken = Statement(name: "broken", text: "select 1/0")
                    do throws(PostgresError) { _ = try session.run(broken) } catch {}
                }
            }
            #expect(error?.sqlState == "25P02")
            #expect(error?.isUnknownOutcome == false)
            #expect(try session.number("select count(*) from public.t") == 0)
        }
    }

    @Test func `an error of begin or commit reaches the caller in its own words`() async throws {
        try await withDatabase { database in
            let session = try Session(settings(database, .session))
            try session.script("create table public.u (n int unique deferrable initially deferred)")
            #expect(throws: Refused()) {
                try session.transaction(mapping: { $0.sqlState == "23505" ? Refused() : Refused() }) {
                    session throws(Refused) in
                    do throws(PostgresError) { try session.script("insert into public.u values (1), (1)") } catch {
                        throw Refused()
                    }
                }
            }
            #expect(try session.number("select count(*) from public.u") == 0)
            session.close()
            #expect(throws: PostgresError.closed) { try session.transaction { _ throws(PostgresError) in } }
        }
    }

    @Test func `a transaction whose connection dies is rolled back and known to be`() async throws {
        try await withDatabase { database in
            let session = try Session(settings(database, .session))
            let other = try database.session()
            let error = #expect(throws: PostgresError.self) {
                try session.transaction { session throws(PostgresError) in
                    _ = try session.run(insert)
                    try other.kill(session)
                    _ = try session.run(insert)
                }
            }
            #expect(error?.isTransient == true)
            #expect(error?.isUnknownOutcome == false)
            #expect(!session.isUsable)
            #expect(try other.number("select count(*) from public.t") == 0)
        }
    }

    @Test func `a read-only transaction refuses writes`() async throws {
        try await withDatabase { database in
            let session = try Session(settings(database, .session))
            let error = #expect(throws: PostgresError.self) {
                try session.transaction(readOnly: true) { session throws(PostgresError) in _ = try session.run(insert) }
            }
            #expect(error?.sqlState == "25006")
        }
    }
}

/// Behind a pooler every call is a transaction with its settings; it means the same.
@Suite struct TransactionScopeTests {
    @Test func `calls, pipelines and errors are the same in both scopes`() async throws {
        try await withDatabase { database in
            var settings = database.settings
            settings.settingsScope = .transaction
            let session = try Session(settings)
            try session.script("create table public.t (n int unique deferrable initially deferred)")
            let insert = Statement(name: "insert", text: "insert into public.t values (1)")
            #expect(try session.run(insert).commandRowCount == 1)
            let error = #expect(throws: PostgresError.self) { try session.run(insert) }
            #expect(error?.sqlState == "23505")
            let broken = Statement(name: "broken", text: "select 1/0")
            let inside = #expect(throws: PostgresError.self) {
                try session.pipeline([insert, broken, insert].map { ($0, Parameters()) })
            }
            guard case .server(let inside) = try #require(inside) else { throw try #require(inside) }
            #expect(inside.statement == "broken")
            let two = Statement(name: "two", text: "select 2")
            #expect(try session.pipeline([(two, Parameters()), (two, Parameters())]).map { $0.int4(0, 0) } == [2, 2])
            #expect(try session.number("select count(*) from public.t") == 1)
        }
    }

    @Test func `nothing is left set on the server's session`() async throws {
        try await withDatabase { database in
            try database.session().script("alter database \(database.name) set lock_timeout = '7s'")
            var settings = database.settings
            settings.settingsScope = .transaction
            let session = try Session(settings)
            #expect(try session.serverSetting("lock_timeout") == "0")
            // A script brings no settings along, so it sees what the next user of the server's session would see.
            let script = "do $$ begin if current_setting('lock_timeout') <> '7s' then raise 'left over'; end if; end $$"
            try session.script(script)
        }
    }

    @Test func `a lost answer is unknown unless the call was read-only`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            var settings = database.settings
            settings.settingsScope = .transaction
            settings.conninfo = proxy.connectionString(database.connectionString)
            for isReadOnly in [true, false] {
                proxy.mode = .pass
                let session = try Session(settings)
                proxy.mode = .dropReplies
                let statement = Statement(name: "one", text: "select 1", isReadOnly: isReadOnly)
                #expect(throws: PostgresError.deadline(sent: !isReadOnly)) {
                    try session.run(statement, deadline: .after(.milliseconds(200)))
                }
            }
        }
    }
}

import TestSupport
import Testing
import TuskPostgres

/// Through a real PgBouncer that gives each transaction whichever session of the server is free.
@Suite struct PoolerTests {
    private func settings(_ pooler: Pooler) -> ConnectionSettings {
        ConnectionSettings(conninfo: pooler.connectionString, plan: .pinned, settingsScope: .transaction)
    }

    @Test func `every call has its settings, whichever session of the server it meets`() async throws {
        try await withDatabase { database in
            let owner = try database.session()
            for setting in SettingsTests.hostile where !setting.contains("search_path") {
                try owner.script("alter database \(database.name) set \(setting)")
            }
            let pooler = try await Pooler(for: database, size: 2)
            let sessions = try (0..<4).map { _ in try Session(settings(pooler)) }
            for session in sessions + sessions.reversed() {
                for (name, value) in SettingsTests.expected {
                    #expect(try session.serverSetting(name) == value, "\(name)")
                }
                #expect(try session.serverSetting("enable_hashjoin") == "off")
            }
        }
    }

    @Test func `statements, pipelines, transactions, copies and errors work`() async throws {
        try await withDatabase { database in
            try database.session().script("create table public.t (n int primary key)")
            let pooler = try await Pooler(for: database, size: 2)
            let (session, other) = (try Session(settings(pooler)), try Session(settings(pooler)))
            let insert = Statement(name: "insert", text: "insert into public.t values ($1)")
            for number in 0..<20 {
                var parameters = Parameters()
                parameters.int4(Int32(number))
                _ = try (number % 2 == 0 ? session : other).run(insert, parameters)
                let error = #expect(throws: PostgresError.self) { try session.run(insert, parameters) }
                #expect(error?.sqlState == "23505")
            }
            try session.transaction { session throws(PostgresError) in
                _ = try session.pipeline([(Statement(name: "delete", text: "delete from public.t"), Parameters())])
                #expect(try other.number("select count(*) from public.t") == 20)
            }
            let writer = try session.copyIn(Statement(name: "copy", text: "copy public.t from stdin"))
            try writer.write("1\n2\n".utf8)
            #expect(try writer.finish() == 2)
            let bad = try session.copyIn(Statement(name: "copy", text: "copy public.t from stdin"))
            try bad.write("1\n".utf8)
            #expect(throws: PostgresError.self) { try bad.finish() }
            #expect(try session.number("select count(*) from public.t") == 2)
        }
    }

    @Test func `listening is accepted there and found not to work`() async throws {
        try await withDatabase { database in
            let pooler = try await Pooler(for: database, size: 1)
            let session = try Session(settings(pooler))
            try session.listen("tusk")
            #expect(try !session.provesNotifications("tusk", within: .milliseconds(500)))
        }
    }
}

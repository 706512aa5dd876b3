import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskAPI

struct EnqueueSessionTests {
    private static let others = """
        select count(pg_terminate_backend(pid)) from pg_stat_activity
        where application_name = 'tusk-test/enqueue' and datname = current_database()
        """

    /// Runs `body` with a session through a proxy, as the API's store would open it.
    private func withLine(
        _ body: @Sendable (inout EnqueueSession, TestDatabase, FaultProxy) async throws -> Void
    ) async throws {
        try await withDatabase(.migrated) { database in
            let proxy = try FaultProxy(to: database.connectionString)
            var settings = database.settings
            settings.conninfo = proxy.connectionString(settings.conninfo)
            settings.callTimeout = .seconds(2)
            settings.connectTimeout = .seconds(2)
            let store = Store(settings)
            defer { store.close() }
            var line = EnqueueSession(store: store)
            defer { line.close() }
            try await body(&line, database, proxy)
        }
    }

    @Test func `a session in use is used again without asking`() async throws {
        try await withLine { line, _, proxy in
            let first = try line.session(now: .now)
            let bytes = proxy.requestBytes
            #expect(try line.session(now: .now) === first)
            #expect(proxy.requestBytes == bytes)
        }
    }

    @Test func `a session that was lost while nobody used it is replaced before it costs a request`() async throws {
        try await withLine { line, database, _ in
            let first = try line.session(now: .now)
            #expect(try database.number(Self.others) == 1)
            let second = try line.session(now: .now + .seconds(2))
            #expect(second !== first)
            #expect(try second.enqueue([try NewJob.test()]).count == 1)
        }
    }

    @Test func `when the server has gone silent nobody waits for a new session too`() async throws {
        try await withLine { line, _, proxy in
            _ = try line.session(now: .now)
            proxy.mode = .blackhole
            let connections = proxy.acceptedCount
            let start = ContinuousClock.now
            #expect(throws: StoreError.self) { try line.session(now: start + .seconds(2)) }
            #expect(start.duration(to: .now) < .milliseconds(1900))
            #expect(proxy.acceptedCount == connections)
        }
    }

    @Test func `after a failed attempt everybody is refused for a moment`() async throws {
        try await withLine { line, _, proxy in
            proxy.mode = .cut
            #expect(throws: StoreError.self) { try line.session(now: .now) }
            let attempts = proxy.acceptedCount
            #expect(attempts > 0)
            #expect(throws: StoreError.self) { try line.session(now: .now) }
            #expect(proxy.acceptedCount == attempts)
            proxy.mode = .pass
            _ = try line.session(now: .now + .milliseconds(101))
        }
    }
}

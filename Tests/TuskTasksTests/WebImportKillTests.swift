import Glibc
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskTasks

/// Workers killed in the middle of an import of what another server sends; locks stop them at the moment.
@Suite struct WebImportKillTests {
    private static let imports = "select count(*) from pg_stat_activity where application_name like '%import%'"

    /// Waits until an import waits for a lock on a table.
    private static func isWaiting(for table: String, _ database: TestDatabase) async throws {
        let waiting = """
            select count(*)
            from pg_locks as lock
            inner join pg_stat_activity as session on session.pid = lock.pid
            where
                not lock.granted
                and lock.relation = '\(table)'::regclass
                and session.application_name like '%import%'
            """
        try await eventually(within: .seconds(60), "an import at the lock of \(table)") {
            try database.number(waiting) > 0
        }
    }

    /// Kills a worker that waits for a lock on a table.
    private static func kill(at table: String, _ database: TestDatabase, _ environment: [String: String]) async throws {
        let (before, blocker) = (try database.session(), try database.session())
        defer {
            before.close()
            blocker.close()
        }
        try before.script("begin; lock table public.t in share mode")
        let victim = try worker(environment)
        try await isWaiting(for: "public.t", database)
        // Not before: the scheduler needs these tables to give the job back.
        try blocker.script("begin; lock table \(table) in share mode")
        try before.script("rollback")
        try await isWaiting(for: table, database)
        victim.send(SIGKILL)
        try victim.waitForEnd()
        try blocker.script("rollback")
        try await eventually(within: .seconds(30), "the end of its session") { try database.number(imports) == 0 }
    }

    private static func worker(_ environment: [String: String]) throws -> ServiceProcess {
        let flags = ["--allow-requests", "--allow-networks", "127.0.0.0/8", "--tables", "public.t"]
        return try ServiceProcess("tusk", ["worker", "--lease-time", "1s"] + flags, environment: environment)
    }

    @Test(arguments: [true, false])
    func `an import from a server whose worker is killed twice brings in every row once`(isPlain: Bool) async throws {
        try await withDatabase(.migrated) { database in
            try database.script(WebRows.table)
            let bytes = isPlain ? WebRows.csv : WebRows.gzip
            let server = try FileServer(.init(bytes: bytes, tag: "\"one\""))
            let environment = ["DATABASE_URL": database.connectionString.textWithPassword]
            let scheduler = try ServiceProcess("tusk", ["scheduler"], environment: environment)
            let session = try database.storeSession()
            defer { session.close() }
            let args = #"{"url": "\#(server.url)", "table": "t"}"#
            let id = try #require(try session.enqueue([.test("data.import", args: args)]).first?.id)
            // Before a chunk is committed, and before the end is.
            for table in ["tusk.job_cursor", "tusk.outcome"] { try await Self.kill(at: table, database, environment) }
            let heir = try Self.worker(environment)
            try await eventually(within: .seconds(90), "the end") { try session.job(id)?.state == .completed }
            for process in [heir, scheduler] {
                process.send(SIGTERM)
                #expect(try process.waitForEnd() == 0, "\(process.output)")
            }
            let good = WebRows.count - WebRows.count / 1000
            #expect(try database.number("select count(*) from public.t") == Int64(good))
            #expect(try database.number("select count(*) from public.t_rejects") == Int64(WebRows.count / 1000))
            #expect(server.starts.contains { $0 != nil } == isPlain)
            #expect(try session.job(id)?.result?.text.hasPrefix(#"{"rows":\#(good),"#) == true)
        }
    }
}

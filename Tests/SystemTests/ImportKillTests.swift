import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Workers killed in the middle of an import; a lock held by the test stops them at the moment.
@Suite struct ImportKillTests {
    /// Rows of about 1 KiB, every hundredth of them bad.
    private static func write(_ rows: Int, to folder: URL) throws {
        let filler = String(repeating: "x", count: 1000)
        var text = "id,filler\n"
        for id in 1...rows { text += id.isMultiple(of: 100) ? "bad,\(filler)\n" : "\(id),\(filler)\n" }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: folder.appending(path: "rows.csv"))
    }

    private static func startWorker(_ database: TestDatabase, _ folder: URL) throws -> ServiceProcess {
        try ServiceProcess(
            "tusk",
            ["worker", "--lease-time", "1s", "--import-root", folder.path, "--tables", "public.t"],
            environment: ["DATABASE_URL": database.connectionString.textWithPassword]
        )
    }

    @Test func `an import whose worker is killed three times brings in every row once`() async throws {
        try await withDatabase(.migrated) { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "tusk-kill-\(UUID())")
            defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
            let rows = 30_000
            try Self.write(rows, to: folder)
            try database.script("create table public.t (id integer primary key, filler text)")
            let environment = ["DATABASE_URL": database.connectionString.textWithPassword]
            let scheduler = try ServiceProcess("tusk", ["scheduler"], environment: environment)
            let session = try database.storeSession()
            defer { session.close() }
            let id = try #require(
                try session.enqueue([.test("data.import", args: #"{"file": "rows.csv", "table": "t"}"#)]).first?.id
            )
            let blocker = try database.session()
            defer { blocker.close() }
            // Before the first chunk is committed, after it, and before the end is committed.
            for moment in ["lock table tusk.job_cursor in share mode", "", "lock table tusk.outcome in share mode"] {
                let victim = try Self.startWorker(database, folder)
                let imports = "select count(*) from pg_stat_activity where application_name like '%import%'"
                // Not before: the scheduler needs these tables to give the job back.
                try await eventually(within: .seconds(60), "an import") { try database.number(imports) == 1 }
                if !moment.isEmpty { try blocker.script("begin; \(moment)") }
                try await eventually(within: .seconds(90), "the worker at the moment \"\(moment)\"") {
                    if moment.isEmpty { return try database.number("select count(*) from tusk.job_cursor") == 1 }
                    // Others wait too: the scheduler when it prunes.
                    return try database.number(
                        """
                        select count(*)
                        from pg_locks as lock
                        inner join pg_stat_activity as session on session.pid = lock.pid
                        where not lock.granted and session.application_name like '%import%'
                        """
                    ) > 0
                }
                victim.send(SIGKILL)
                try victim.waitForEnd()
                if !moment.isEmpty { try blocker.script("rollback") }
                try await eventually(within: .seconds(30), "the end of its session") {
                    try database.number(imports) == 0
                }
            }
            let heir = try Self.startWorker(database, folder)
            try await eventually(within: .seconds(90), "the end") { try session.job(id)?.state == .completed }
            for process in [heir, scheduler] {
                process.send(SIGTERM)
                #expect(try process.waitForEnd() == 0, "\(process.output)")
            }
            #expect(try database.number("select count(*) from public.t") == Int64(rows - rows / 100))
            #expect(try database.number("select count(distinct line) from public.t_rejects") == Int64(rows / 100))
            #expect(try database.number("select count(*) from public.t_rejects") == Int64(rows / 100))
            let result = try #require(try session.job(id)?.result?.text)
            #expect(result.hasPrefix(#"{"rows":\#(rows - rows / 100),"rejected":\#(rows / 100),"#))
        }
    }
}

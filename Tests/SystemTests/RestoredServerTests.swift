import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// A backup that is restored, and a standby that takes over, have the same files on a new timeline; what was heard of
/// last tells them apart.
@Suite struct RestoredServerTests {
    @Test func `a restored backup runs no job before it is resumed, and a standby that took over runs them`()
        async throws
    {
        try await Lane.run("restored") {
            let server = try PrivateServer()
            let database = try server.database()
            let session = try database.storeSession()
            _ = try session.migrate()
            #expect(try session.restoredAt() == nil)
            _ = try session.enqueue([try HistoryRun.job(milliseconds: 1)])
            session.close()
            try server.stop()

            let standby = try PrivateServer(promotedCopyOf: server)
            #expect(try standby.database().number("select timeline from tusk.find_identity()") == 2)
            #expect(try Self.restored(standby) == nil, "it took over")
            try standby.stop()

            try server.start()
            try database.script("update tusk.identity set seen_at = now() - interval '1 day'")
            try server.stop()
            let backup = try PrivateServer(promotedCopyOf: server)
            let run = try HistoryRun(try backup.database())
            try run.startWorker()
            let scheduler = try run.startScheduler()
            try await eventually(within: .seconds(10), "somebody who looks") { try Self.restored(backup) != nil }
            try await eventually(within: .seconds(10), "a word about it") {
                scheduler.output.contains("tusk resume --restored")
            }
            #expect(try run.executionsBegun() == 0)
            let operatorSession = try backup.database().storeSession()
            #expect(try operatorSession.resumeRestored(.run, by: "anna"))
            operatorSession.close()
            try await eventually(within: .seconds(10), "work") { try run.executionsBegun() == 1 }
            #expect(try run.stopWorkers() == [0])
        }
    }

    private static func restored(_ server: PrivateServer) throws -> Timestamp? {
        let session = try server.database().storeSession()
        defer { session.close() }
        return try session.restoredAt()
    }
}

import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// PostgreSQL crashes under load and comes back.
@Suite struct RestartTests {
    @Test func `three crashes of PostgreSQL under load lose nothing, and work goes on within ten seconds`() async throws
    {
        try await Lane.run("restart") {
            let server = try PrivateServer()
            let database = try server.database()
            let migrator = StoreSession(try database.session())
            _ = try migrator.migrate()
            migrator.close()
            let run = try HistoryRun(database)
            for _ in 0..<2 { try run.startWorker() }
            try run.startScheduler()
            let end = ContinuousClock.now.advanced(by: .seconds(12))
            async let load: Void = Lane.run("load") { Self.load(run, until: end) }
            for _ in 0..<3 {
                Pace.wait(.seconds(2))
                try server.stop()
                Pace.wait(.milliseconds(500))
                try server.start()
                let back = ContinuousClock.now
                let before = try run.executionsBegun()
                try await eventually(within: .seconds(10), "work after the crash") {
                    try run.executionsBegun() > before
                }
                print("restart: work went on \(ContinuousClock.now - back) after PostgreSQL was back")
            }
            try await load
            try await eventually(within: .seconds(60), "the end of all jobs") { try run.jobsLeft() == 0 }
            #expect(try run.stopWorkers() == [0, 0])
            let history = try run.history()
            #expect(HistoryChecker.violations(in: history).isEmpty)
            #expect(history.acknowledged.count > 100)
        }
    }

    /// Enqueues as a client does that survives its database: what was not answered is unknown.
    private static func load(_ run: HistoryRun, until end: ContinuousClock.Instant) {
        var session: StoreSession?
        while ContinuousClock.now < end {
            do {
                let open = try session ?? run.database.storeSession()
                session = open
                try run.enqueue([try HistoryRun.job(milliseconds: 5), try HistoryRun.job(milliseconds: 20)], open)
            } catch {
                run.noteUnknown(2)
                session?.close()
                session = nil
            }
            Pace.wait(.milliseconds(20))
        }
        session?.close()
    }
}

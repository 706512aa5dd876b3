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
            let run = try HistoryRun(try Self.migratedDatabase(server))
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

    @Test func `within ten seconds after PostgreSQL is back work is done at the former rate`() async throws {
        try await Lane.run("rate") {
            let server = try PrivateServer()
            let run = try HistoryRun(try Self.migratedDatabase(server), HistoryRun.Settings(leaseMilliseconds: 15_000))
            for _ in 0..<2 { try run.startWorker() }
            try run.startScheduler()
            let end = ContinuousClock.now.advanced(by: .seconds(24))
            async let load: Void = Lane.run("load") { Self.load(run, until: end) }
            try await eventually(within: .seconds(10), "work") { try run.executionsBegun() > 50 }
            let former = try Self.rate(run, over: .seconds(3))
            try server.stop()
            Pace.wait(.seconds(2))
            try server.start()
            let back = ContinuousClock.now
            try await eventually(within: .seconds(10), "95 % of \(former) jobs/s") {
                try Self.rate(run, over: .seconds(2)) >= former * 0.95
            }
            print("restart: \(former) jobs/s again \(ContinuousClock.now - back) after PostgreSQL was back")
            try await load
            #expect(try run.stopWorkers() == [0, 0])
        }
    }

    @Test func `workers that were cut off together with PostgreSQL are not taken for dead when it is back`()
        async throws
    {
        try await Lane.run("grace") {
            let server = try PrivateServer()
            let database = try Self.migratedDatabase(server)
            let worker = WorkerID.random()
            let before = try database.storeSession()
            try before.register(
                WorkerRecord(
                    id: worker,
                    processID: 1,
                    host: "test",
                    version: "test",
                    slots: 1,
                    leaseTime: .seconds(15),
                    queues: [.standard],
                    kinds: []
                )
            )
            try database.script("update tusk.worker set heartbeat_at = now() - interval '1 hour'")
            before.close()
            try server.stop()
            try server.start()
            let session = try database.storeSession()
            defer { session.close() }
            #expect(try session.rescue().workers == 0)
            try await eventually(within: .seconds(30), "the rescue of one that does not come back") {
                try session.rescue().workers == 1
            }
            #expect(try database.number("select \(Self.secondsUp)") >= 3)
        }
    }

    private static let secondsUp = "extract(epoch from now() - pg_postmaster_start_time())::int"

    private static func migratedDatabase(_ server: PrivateServer) throws -> TestDatabase {
        let database = try server.database()
        let migrator = StoreSession(try database.session())
        defer { migrator.close() }
        _ = try migrator.migrate()
        return database
    }

    /// Jobs begun per second during this time.
    private static func rate(_ run: HistoryRun, over time: Duration) throws -> Double {
        let before = try run.executionsBegun()
        let start = ContinuousClock.now
        Pace.wait(time)
        return Double(try run.executionsBegun() - before) / (start.duration(to: .now) / .seconds(1))
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

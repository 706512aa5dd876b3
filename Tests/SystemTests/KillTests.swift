import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Workers killed at chosen moments: a lock held by the test stops them just there.
@Suite struct KillTests {
    /// Where a worker is caught: a lock in this mode on this table stops it there.
    enum Moment: String, CaseIterable, Sendable {
        case claiming = "lock table tusk.lease in share mode"
        case running = ""
        case settling = "lock table tusk.outcome in share mode"
    }

    @Test(arguments: Moment.allCases)
    func `kill -9 loses nothing and completes nothing twice`(_ moment: Moment) async throws {
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database)
            let session = try database.storeSession()
            let blocker = try database.session()
            defer {
                session.close()
                blocker.close()
            }
            try run.startScheduler()
            let victim = try run.startWorker()
            try await eventually(within: .seconds(20), "a worker") { try session.fleet().liveWorkers == 1 }
            if moment != .running { try blocker.script("begin; \(moment.rawValue)") }
            try run.enqueue([try HistoryRun.job(milliseconds: moment == .running ? 3000 : 1)], session)
            try await eventually(within: .seconds(20), "the worker at the moment") {
                switch moment {
                case .claiming, .settling:
                    try database.number("select count(*) from pg_locks where not granted") > 0
                case .running:
                    try run.executionsBegun() == 1
                }
            }
            try run.kill(victim)
            if moment != .running { try blocker.script("rollback") }
            let heir = try run.startWorker()
            try await eventually(within: .seconds(30), "the end of the job") { try run.jobsLeft() == 0 }
            try await eventually(within: .seconds(20), "the other worker") {
                try database.number("select count(*) from tusk.worker where pid = \(heir.processID)") == 1
            }
            #expect(try run.stopWorkers() == [0])
            let history = try run.history()
            #expect(HistoryChecker.violations(in: history).isEmpty)
            #expect(history.acceptances.count { $0.what == "completed" } == 1)
        }
    }

    @Test func `with the defaults a job of a killed worker is available again within twenty seconds`() async throws {
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database, HistoryRun.Settings(leaseMilliseconds: 15_000))
            let session = try database.storeSession()
            defer { session.close() }
            try run.startScheduler()
            let victim = try run.startWorker()
            let id = try run.enqueue([try HistoryRun.job(milliseconds: 60_000)], session)[0]
            try await eventually(within: .seconds(20), "a running job") { try run.executionsBegun() == 1 }
            try run.kill(victim)
            try await eventually(within: .seconds(20), "the job back in line") {
                try session.job(id)?.state == .available
            }
        }
    }

    @Test func `SIGTERM gives back what is not finished, and no attempt is used`() async throws {
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database, HistoryRun.Settings(slots: 2, drainMilliseconds: 500))
            let session = try database.storeSession()
            defer { session.close() }
            try run.startWorker()
            let jobs = try (0..<20).map { _ in try HistoryRun.job(milliseconds: 2500) }
            let ids = try run.enqueue(jobs, session)
            try await eventually(within: .seconds(20), "two running jobs") { try run.executionsBegun() == 2 }
            let asked = ContinuousClock.now
            #expect(try run.stopWorkers() == [0])
            #expect(ContinuousClock.now - asked < .milliseconds(2500 + 500 + 2000))
            for id in ids {
                let job = try #require(try session.job(id))
                #expect(job.state == .available || job.state == .completed)
                #expect(job.attempt == (job.state == .completed ? 1 : 0))
            }
            let ended = try database.texts("select distinct ended from tusk.attempt")
            #expect(ended.allSatisfy { $0 == "given_back" })
            #expect(try session.fleet().liveWorkers == 0)
        }
    }

    @Test func `a worker that was paused past its lease starts nothing, is refused and comes back under a new id`()
        async throws
    {
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database, HistoryRun.Settings(leaseMilliseconds: 1000, slots: 1))
            let session = try database.storeSession()
            defer { session.close() }
            try run.startScheduler()
            let paused = try run.startWorker()
            let ids = try run.enqueue([try HistoryRun.job(milliseconds: 300)], session)
            try await eventually(within: .seconds(20), "a running job") { try run.executionsBegun() == 1 }
            paused.send(SIGSTOP)
            let before = try database.texts("select id::text from tusk.worker")
            try await eventually(within: .seconds(20), "the rescue") { try session.fleet().liveWorkers == 0 }
            try await eventually(within: .seconds(20), "the job back in line") {
                try session.job(ids[0])?.state == .available
            }
            let moment = try database.number("select extract(epoch from clock_timestamp()) * 1000000")
            paused.send(SIGCONT)
            try await eventually(within: .seconds(20), "the end of the job") { try run.jobsLeft() == 0 }
            let after = try database.texts("select id::text from tusk.worker")
            #expect(after.count == 1 && after != before)
            #expect(try run.stopWorkers() == [0])
            let history = try run.history()
            #expect(HistoryChecker.violations(in: history).isEmpty)
            #expect(history.executions.count == 2)
            #expect(history.executions.filter { $0.startedAt > moment }.count == 1)
        }
    }
}

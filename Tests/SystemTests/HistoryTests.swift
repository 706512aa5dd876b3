import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Real processes under faults. What they did is judged afterwards from what was written down.
@Suite(.serialized) struct HistoryTests {
    @Test func `thirty seconds of kills and pauses break no promise`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("history run: seed \(seed)")
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database)
            for _ in 0..<3 { try run.startWorker() }
            for _ in 0..<2 { try run.startScheduler() }
            let end = ContinuousClock.now.advanced(by: .seconds(30))
            async let load: Void = Lane.run("load") { try Self.load(run, until: end, seed) }
            async let faults = Lane.run("faults") { try HistoryFaults.make(on: run, until: end, seed) }
            try await load
            let count = try await faults
            try await eventually(within: .seconds(60), "the end of all jobs") { try run.jobsLeft() == 0 }
            #expect(try run.stopWorkers().allSatisfy { $0 == 0 })

            let history = try run.history()
            let violations = HistoryChecker.violations(in: history)
            #expect(violations.isEmpty, "seed \(seed): \(violations.prefix(20))")
            // The run was worth something: there was load, there were faults, and jobs were lost and brought back.
            #expect(history.acknowledged.count > 500)
            #expect(count.kills > 3 && count.pauses > 3)
            #expect(history.acceptances.contains { $0.what == "lost" })
            #expect(history.acceptances.contains { $0.what == "failed" })
            print(
                "history run: \(history.acknowledged.count) jobs, \(history.executions.count) executions, "
                    + "\(count.kills) kills, \(count.pauses) pauses, "
                    + "\(history.acceptances.count { $0.what == "lost" }) attempts lost"
            )
        }
    }

    /// About 60 jobs a second of all sorts.
    private static func load(_ run: HistoryRun, until end: ContinuousClock.Instant, _ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let session = try run.database.storeSession()
        defer { session.close() }
        while ContinuousClock.now < end {
            let jobs = try (0..<Int.random(in: 1...5, using: &random)).map { _ in
                try HistoryRun.job(
                    milliseconds: Int.random(in: 0...150, using: &random),
                    work: Int.random(in: 0..<20, using: &random) == 0 ? "spin" : "sleep",
                    first: ["ok", "ok", "ok", "ok", "fail", "retry", "snooze"].randomElement(using: &random) ?? "ok",
                    runAt: Bool.random(using: &random) ? .now : .after(.milliseconds(100))
                )
            }
            try run.enqueue(jobs, session)
            Pace.wait(.milliseconds(50))
        }
    }
}

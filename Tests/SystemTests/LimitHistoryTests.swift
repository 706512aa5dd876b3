import Foundation
import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Limits, rates and lines while real processes are killed and paused: 4 workers for 20 seconds, or as many and as long
/// as `TUSK_TEST_STORM_WORKERS` and `TUSK_TEST_STORM_SECONDS` say.
@Suite(.serialized) struct LimitHistoryTests {
    /// The limits, and what the database may show of each at any moment.
    private static let mosts = ["api": 3, "tenant:1": 2, "tenant:2": 2, "kind:recorded": 6]
    private static let rate = (key: "rated", perSecond: 20, burst: 2)

    @Test func `under kills and pauses no key is above its limit, no line overtakes, nothing is left`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let workerCount = environment["TUSK_TEST_STORM_WORKERS"].flatMap { Int($0) } ?? 4
        let seconds = environment["TUSK_TEST_STORM_SECONDS"].flatMap { Int($0) } ?? 20
        let seed = UInt64.random(in: .min ... .max)
        print("storm: seed \(seed)")
        try await withDatabase(.migrated) { database in
            let run = try HistoryRun(database)
            try Self.setLimits(database)
            for _ in 0..<workerCount { try run.startWorker() }
            for _ in 0..<2 { try run.startScheduler() }
            let end = ContinuousClock.now.advanced(by: .seconds(seconds))
            let peaks = Peaks()
            let isOver = Atomic(false)
            async let sampler: Void = Lane.run("sampler") { try Self.sample(database, peaks, until: isOver) }
            defer { isOver.store(true, ordering: .releasing) }
            async let load = Lane.run("load") { try Self.load(run, until: end, seed) }
            async let faults = Lane.run("faults") { try HistoryFaults.make(on: run, until: end, seed) }
            let lines = try await load
            let count = try await faults
            try await eventually(within: .seconds(60 + 3 * seconds), "the end of all jobs") { try run.jobsLeft() == 0 }
            isOver.store(true, ordering: .releasing)
            try await sampler
            #expect(try run.stopWorkers().allSatisfy { $0 == 0 })

            let seen = peaks.all
            #expect(seen.allSatisfy { $0.value <= Self.mosts[$0.key] ?? .max }, "seed \(seed): \(seen)")
            #expect(Self.mosts.allSatisfy { seen[$0.key] == $0.value }, "the limits were reached: \(seen)")
            for table in ["limit_hold", "blocked", "lease"] {
                #expect(try database.number("select count(*) from tusk.\(table)") == 0, "\(table) seed \(seed)")
            }
            let history = try run.history()
            let violations = HistoryChecker.violations(in: history)
            #expect(violations.isEmpty, "seed \(seed): \(violations.prefix(20))")
            let overtakings = Self.overtakings(in: history, lines)
            #expect(overtakings.isEmpty, "seed \(seed): \(overtakings)")
            let rated = try Self.rateViolations(database)
            #expect(rated.isEmpty, "seed \(seed): \(rated)")
            #expect(count.kills > 3 && count.pauses > 3)
            print(
                "storm: \(history.acknowledged.count) jobs, \(count.kills) kills, \(count.pauses) pauses, "
                    + "\(history.acceptances.count { $0.what == "lost" }) attempts lost, peaks \(seen)"
            )
        }
    }

    private static func setLimits(_ database: TestDatabase) throws {
        let session = try database.storeSession()
        defer { session.close() }
        for (key, most) in ["api": 3, "tenant:*": 2, "kind:recorded": 6] {
            _ = try session.putLimit(try #require(KeyLimit(key, runningMax: most)), by: "test")
        }
        let rate = try #require(RateLimit(rate.perSecond, per: .seconds(1), burst: rate.burst))
        _ = try session.putLimit(try #require(KeyLimit(Self.rate.key, rate: rate)), by: "test")
    }

    /// About 40 jobs a second with limits, a rate or a line. Answers the jobs of each line in the order of enqueue.
    private static func load(
        _ run: HistoryRun,
        until end: ContinuousClock.Instant,
        _ seed: UInt64
    ) throws -> [String: [JobID]] {
        var random = SeededGenerator(seed: seed)
        var lines: [String: [JobID]] = [:]
        let session = try run.database.storeSession()
        defer { session.close() }
        while ContinuousClock.now < end {
            let keys = ["api", "tenant:1", "tenant:2"].filter { _ in Int.random(in: 0..<2, using: &random) == 0 }
            let isRated = Int.random(in: 0..<3, using: &random) == 0
            let order = ["a", "b", "c", nil, nil, nil].randomElement(using: &random) ?? nil
            let job = try HistoryRun.job(
                milliseconds: Int.random(in: 0...200, using: &random),
                first: ["ok", "ok", "ok", "fail", "retry", "snooze"].randomElement(using: &random) ?? "ok",
                limits: (keys + (isRated ? [rate.key] : [])).compactMap { JobLimit($0) },
                order: order.map { JobOrder($0, onDiscard: .skip) }
            )
            let ids = try run.enqueue([job], session)
            if let order { lines[order, default: []] += ids }
            Pace.wait(.milliseconds(25))
        }
        return lines
    }

    /// Counts, in one snapshot each time, the jobs under leases by the keys they name, whatever `limit_hold` says.
    private static func sample(_ database: TestDatabase, _ peaks: Peaks, until isOver: borrowing Atomic<Bool>) throws {
        let text = """
            with running as (
                select unnest(lease.ids) as id, generate_subscripts(lease.ids, 1) as place, lease.done
                from tusk.lease
            )
            select key, count(*)
            from running
            join tusk.job on job.id = running.id
            cross join lateral unnest(coalesce(job.limit_keys, '{}') || ('kind:' || job.kind)) as key
            where running.done is null or get_bit(running.done, running.place - 1) = 0
            group by key
            """
        let session = try database.storeSession()
        defer { session.close() }
        while !isOver.load(ordering: .acquiring) {
            let rows = try session.session.run(Statement(name: "running_by_key", text: text, isReadOnly: true))
            for row in 0..<rows.rowCount { peaks.note(rows.text(row, 0), Int(rows.int8(row, 1))) }
            Pace.wait(.milliseconds(20))
        }
    }

    /// Jobs of a line that were begun before the one ahead of them was over.
    private static func overtakings(in history: History, _ lines: [String: [JobID]]) -> [String] {
        let starts = Dictionary(grouping: history.executions, by: \.job).mapValues { $0.map(\.startedAt).min() ?? 0 }
        let ends = Dictionary(grouping: history.acceptances.filter(\.isFinal), by: \.job)
        var found: [String] = []
        for (key, jobs) in lines {
            for (ahead, behind) in zip(jobs, jobs.dropFirst()) {
                guard let end = ends[ahead]?.first?.at, let start = starts[behind] else { continue }
                if start < end { found.append("\(behind) before \(ahead) of \(key)") }
            }
        }
        return found
    }

    /// Starts of rated jobs that are closer than their tokens can be. A start is late by its timer at most, and one in
    /// a row of n may be early against its neighbour by as much.
    private static func rateViolations(_ database: TestDatabase) throws -> [String] {
        let starts = try database.texts(
            """
            select (extract(epoch from ended.started_at) * 1000000)::bigint::text
            from (
                select id, started_at from tusk.outcome union all select id, started_at from tusk.attempt
            ) as ended
            join tusk.job using (id)
            where '\(rate.key)' = any (job.limit_keys) and ended.started_at is not null
            order by ended.started_at
            """
        ).compactMap { Int64($0) }
        let step = Int64(1_000_000 / rate.perSecond)
        let late: Int64 = 200_000
        return [10, 20, 50, 100].flatMap { count in
            zip(starts, starts.dropFirst(count)).filter { first, last in
                last - first < step * Int64(count - rate.burst + 1) - late
            }.map { "\(count + 1) starts in \($1 - $0) us" }
        }
    }
}

/// The most that was seen of each key.
private final class Peaks: Sendable {
    private let state = Mutex([String: Int]())

    var all: [String: Int] { state.withLock { $0 } }

    func note(_ key: String, _ count: Int) {
        state.withLock { $0[key] = max($0[key] ?? 0, count) }
    }
}

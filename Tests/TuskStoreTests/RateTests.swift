import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Rates: who may start when, who waits, and what brings them back.
@Suite struct RateTests {
    @Test func `a burst starts at once, the next at the times of their tokens, the others wait`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.rate("api", 100, per: .seconds(1), burst: 3)
            let ids = try store.enqueue(limits: ["api"], count: 50)
            let claimed = try store.claimGated(worker)
            #expect(claimed.watchedKeys == ["api"])
            // Three at once, and those whose tokens come within the reach of 250 ms.
            #expect(claimed.jobs.map(\.id) == Array(ids[..<28]))
            #expect(claimed.jobs[..<3].allSatisfy { $0.startsIn == .zero })
            let times = claimed.jobs[3...].map { $0.startsIn.microseconds }
            // The tokens are counted from one moment, and each row is told a little later.
            for (index, time) in times.enumerated() { #expect(time <= Int64(index + 1) * 10_000) }
            #expect(try #require(times.last) > times[0] + 230_000)
            #expect(try store.state(ids[28]) == .blocked)
            try store.rate("slow", 100, per: .seconds(5000), burst: 3)
            let slow = try store.enqueue(limits: ["slow"], count: 4)
            _ = try store.claimGated(worker)
            let why = try store.session.explain(slow[3]).reasons
            #expect(why.map(\.word) == ["blocked", "rate"])
            #expect(
                why[1].message.hasPrefix("rate of slow is used up: 100 in 5000 s, 3 at once; a token for it comes at"),
                "\(why[1].message)"
            )
        }
    }

    @Test func `no window holds more than its rate and burst, whoever claims, and no token is lost`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            try store.rate("api", 500, per: .seconds(1), burst: 5)
            try store.enqueue(limits: ["api"], count: 1000)
            let starts = StartTimes()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        try await Lane.run("claimer \(number)") {
                            let claimer = try StoreFixture(database)
                            defer { claimer.session.close() }
                            let worker = try claimer.worker()
                            let end = ContinuousClock.now.advanced(by: .seconds(60))
                            while starts.all.count < 1000, ContinuousClock.now < end {
                                starts.add(try claimer.claimStartTimes(worker))
                                _ = try claimer.session.releaseLimited(["api"])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let times = starts.all.sorted()
            #expect(times.count == 1000)
            // Of any burst + n jobs in a row the last starts n steps after the first at the soonest.
            for more in [1, 10, 100, 500] {
                let soonest = 2000 * Int64(more)
                let least = zip(times, times.dropFirst(4 + more)).map { $1 - $0 }.min()
                #expect(try #require(least) >= soonest, "\(5 + more) jobs")
            }
            let whole = try #require(times.last) - times[0]
            #expect(whole < 2_000_000 * 12 / 10, "1,000 at 500 a second took \(whole) us")
        }
    }

    @Test func `claims at the same time take no token twice`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            try store.rate("api", 1, per: .seconds(86_400), burst: 40)
            try store.enqueue(limits: ["api"], count: 400)
            let starts = StartTimes()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await Lane.run("claimer \(number)") {
                            let claimer = try StoreFixture(database)
                            defer { claimer.session.close() }
                            let worker = try claimer.worker()
                            for _ in 0..<10 { starts.add(try claimer.claimStartTimes(worker, max: 3)) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(starts.all.count == 40)
        }
    }

    @Test func `a job takes its weight from each of its keys or from none`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.rate("a", 10, per: .seconds(1000), burst: 10)
            try store.rate("b", 1, per: .seconds(60), burst: 2)
            let both = try NewJob.limited(["a", "b"].compactMap { JobLimit($0, weight: 2) })
            let ids = try store.session.enqueue([both, both, both]).map(\.id)
            #expect(try store.claimGated(worker).jobs.map(\.id) == [ids[0]])
            #expect(try store.state(ids[1]) == .blocked && store.state(ids[2]) == .blocked)
            // Of a two are taken, so eight are left: one with 9 waits, and keeps one behind it waiting.
            let nine = try NewJob.limited(["a"].compactMap { JobLimit($0, weight: 9) })
            let one = try NewJob.limited(["a"].compactMap { JobLimit($0) })
            let weighted = try store.session.enqueue([nine, one]).map(\.id)
            #expect(try store.claimGated(worker).jobs.isEmpty)
            #expect(try weighted.map(store.state) == [.blocked, .blocked])
        }
    }

    @Test func `a rate and a number of running jobs hold together`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let rate = try #require(RateLimit(1, per: .seconds(3600), burst: 5))
            let limit = try #require(KeyLimit("api", runningMax: 2, rate: rate))
            _ = try store.session.putLimit(limit, by: "test")
            let ids = try store.enqueue(limits: ["api"], count: 8)
            for expected in [ids[0..<2], ids[2..<4], ids[4..<5], []] {
                let claimed = try store.claimGated(worker).jobs
                #expect(claimed.map(\.id) == Array(expected))
                if !claimed.isEmpty { _ = try store.settle(claimed, worker) }
                _ = try store.session.releaseLimited(["api"])
            }
            #expect(try store.held().isEmpty)
            let (queues, wait) = try store.session.releaseLimited(["api"])
            #expect(try queues.isEmpty && #require(wait) > .seconds(3500) && #require(wait) <= .seconds(3600))
            let listed = try #require(try store.session.limits().first)
            #expect(listed.runningMax == 2 && listed.rate == rate && listed.waiting == 3)
        }
    }

    @Test func `a faster rate counts at once, and a class counts for each of its keys`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.rate("tenant:*", 1, per: .seconds(86_400))
            for key in ["tenant:1", "tenant:2"] { try store.enqueue(limits: [key], count: 3) }
            #expect(try store.claimGated(worker).jobs.count == 2)
            #expect(try store.claimGated(worker).jobs.isEmpty)
            let rate = try #require(RateLimit(1000, per: .seconds(1), burst: 2))
            let limit = try #require(KeyLimit("tenant:*", rate: rate))
            #expect(try store.session.putLimit(limit, by: "test") == [.standard])
            #expect(try store.claimGated(worker).jobs.count == 4)
        }
    }

    @Test func `SQL takes tokens from within a job, and holds a key back`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.rate("api", 10, per: .seconds(1))
            let take = "select coalesce(tusk.take_rate('api', 1, interval '150 ms')::text, 'none')"
            let waits = try store.database.texts("\(take) from generate_series(1, 3)")
            #expect(waits[0] == "0" && (Int(waits[1]).map { (1...100).contains($0) } ?? false) && waits[2] == "none")
            #expect(try store.database.texts("select tusk.take_rate('other')::text") == ["0"])
            #expect(try store.database.texts("select tusk.hold_back('api', interval '1 hour')::text") == ["true"])
            #expect(try store.database.texts("select tusk.hold_back('other', interval '1 hour')::text") == ["false"])
            let id = try store.enqueue(limits: ["api"], count: 1)[0]
            #expect(try store.claimGated(worker).jobs.isEmpty && store.state(id) == .blocked)
            #expect(try store.session.removeLimit("api", by: "test") == [.standard])
            #expect(try store.claimGated(worker).jobs.map(\.id) == [id])
        }
    }

    @Test(arguments: [
        ("1, 0, '1 s'", "rate_max"), ("1, 10, null", "rate_period"), ("1, null, '1 s'", "rate_period"),
        ("null, null", "running_max"), ("1, null, null, 4", "rate_burst"), ("1, 11, '1 ms'", "rate_max"),
        ("1, 1, '32 d'", "rate_period"), ("1, 1, '-1 s'", "rate_period"), ("1, 1, '1 s', 0", "rate_burst"),
        ("1, 1, '1 s', 100001", "rate_burst"), ("0", "running_max"),
    ])
    func `a bad rate is refused by SQL, its field is named and nothing is set`(
        _ args: String,
        field: String
    ) async throws {
        try await withStore { store in
            let error = #expect(throws: (any Error).self) {
                try store.database.script("select tusk.put_limit('api', \(args))")
            }
            #expect(String(describing: error).contains(field))
            let limits = try store.session.limits()
            #expect(limits.isEmpty)
        }
    }

    @Test func `buckets that are full for an hour are pruned`() async throws {
        try await withStore { store in
            try store.database.script(
                """
                insert into tusk.rate_bucket (key, full_at, offered_at)
                values ('old', now() - interval '2 h', now() - interval '2 h'), ('new', now(), now() - interval '2 h')
                """
            )
            #expect(try store.database.texts("select tusk.prune_rate_buckets(10)::text") == ["1"])
            #expect(try store.database.texts("select key from tusk.rate_bucket") == ["new"])
        }
    }
}

/// When jobs may start, as several claimers heard of it.
private final class StartTimes: Sendable {
    private let times = Mutex([Int64]())

    var all: [Int64] { times.withLock { $0 } }

    func add(_ more: [Int64]) { times.withLock { $0 += more } }
}

extension StoreFixture {
    /// Sets a rate.
    func rate(_ key: String, _ max: Int, per period: Duration, burst: Int = 1) throws {
        guard let rate = RateLimit(max, per: period, burst: burst), let limit = KeyLimit(key, rate: rate) else {
            throw FixtureError("a rate")
        }
        _ = try session.putLimit(limit, by: "test")
    }

    /// Claims jobs; when they may start, by the database's clock, in microseconds of its epoch.
    fileprivate func claimStartTimes(_ worker: WorkerID, max: Int = 100) throws -> [Int64] {
        let text = """
            select (extract(epoch from claimed.start_at) * 1000000)::bigint
            from tusk.claim_gated(
                0::smallint, '\(worker)', '{default}', '{5}', '{0}', '{noop}', '{}', \(max), 100000, false, false
            ) as claimed
            where claimed.id is not null
            """
        let rows = try session.session.run(Statement(name: "starts", text: text))
        return (0..<rows.rowCount).map { rows.int8($0, 0) }
    }
}

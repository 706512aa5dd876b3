import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Concurrency limits: who may run, who waits, and what brings them back.
@Suite struct LimitTests {
    @Test func `as many run as the limit says, and the others wait in their order`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 3)
            let ids = try store.enqueue(limits: ["api"], count: 10)
            #expect(try store.claim(worker).isEmpty, "claims that know no limits leave them alone")
            let first = try store.claimGated(worker)
            #expect(first.jobs.map(\.id) == Array(ids[..<3]))
            #expect(first.watchedKeys == ["api"])
            #expect(try store.state(ids[3]) == .blocked)
            #expect(try store.database.texts("select blocked_by from tusk.jobs where id = \(ids[3])") == ["limit api"])
            #expect(try store.claimGated(worker).jobs.isEmpty)
            #expect(try store.settle([first.jobs[1]], worker) == [.accepted])
            #expect(try store.session.releaseLimited(by: [first.jobs[1].id]) == [.standard])
            // One that comes later does not go ahead of those that wait.
            let late = try store.enqueue(limits: ["api"], count: 1)
            let second = try store.claimGated(worker)
            #expect(second.jobs.map(\.id) == [ids[3]])
            #expect(try store.state(late[0]) == .blocked)
            _ = try store.settle([first.jobs[0], first.jobs[2], second.jobs[0]], worker)
            _ = try store.session.releaseNext()
            #expect(try store.claimGated(worker).jobs.map(\.id) == Array(ids[4..<7]))
        }
    }

    @Test func `a key has its own limit or that of its class, and without either none`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("tenant:*", 2)
            try store.limit("tenant:7", 1)
            for key in ["tenant:7", "tenant:8", "tenant:9", "free"] { try store.enqueue(limits: [key], count: 5) }
            let claimed = try store.claimGated(worker)
            #expect(claimed.jobs.count == 1 + 2 + 2 + 5)
            #expect(Set(claimed.watchedKeys) == ["tenant:7", "tenant:8", "tenant:9"])
            #expect(try store.held() == ["tenant:7": 1, "tenant:8": 2, "tenant:9": 2])
        }
    }

    @Test func `a paused kind, key or class starts nothing until it is resumed or the time is up`() async throws {
        try await withStore { store in
            let worker = try store.worker(["noop", "resize"])
            let kinds = ["noop", "resize"]
            let resize = try store.enqueue(count: 2, "resize")
            let seven = try store.enqueue(limits: ["tenant:7"], count: 2)
            try store.limit("tenant:7", 5)
            for text in ["kind:resize", "tenant:*"] {
                let key = try #require(PausableKey(text))
                let pause = try store.session.pause(key, by: "anna", reason: "why not", until: nil)
                #expect(pause?.by == "anna" && pause?.reason == "why not")
            }
            #expect(try store.claim(worker, kinds: kinds).isEmpty)
            #expect(try store.claimGated(worker, kinds: kinds).jobs.isEmpty)
            #expect(try store.state(resize[0]) == .blocked)
            let why = try #require(try store.session.explain(seven[0]).reasons.last)
            #expect(why.word == "paused" && why.message.hasPrefix("tenant:* is paused by anna since "))
            #expect(try store.session.releaseNext().queues.isEmpty)

            #expect(try store.session.resume(try #require(PausableKey("kind:resize")), by: "test") == [.standard])
            #expect(try store.session.resume(try #require(PausableKey("kind:resize")), by: "test") == nil)
            #expect(try store.claimGated(worker, kinds: kinds).jobs.map(\.id) == resize)
            try store.database.script("update tusk.key_limit set paused_until = now() where key = 'tenant:*'")
            #expect(try store.session.releaseNext().queues == [.standard])
            #expect(try store.claimGated(worker, kinds: kinds).jobs.map(\.id) == seven)
            #expect(try store.session.removeLimit("tenant:7", by: "test") != nil, "the limit beside the pause")
        }
    }

    @Test func `queues and kinds are limited by their names, also for jobs that came before the limit`() async throws {
        try await withStore { store in
            let worker = try store.worker(["noop", "resize"])
            try store.enqueue(count: 4, queue: "mail")
            try store.enqueue(count: 4, "resize")
            try store.enqueue(count: 4)
            try store.limit("queue:mail", 2)
            try store.limit("kind:resize", 3)
            #expect(try store.claim(worker, kinds: ["noop", "resize"], queues: ["default", "mail"]).count == 4)
            let gated = try store.claimGated(worker, kinds: ["noop", "resize"], queues: ["default", "mail"])
            #expect(gated.jobs.count == 5)
            #expect(try store.held() == ["queue:mail": 2, "kind:resize": 3])
            #expect(try store.session.removeLimit("queue:mail", by: "test") == [QueueName("mail")])
            let rest = try store.claimGated(worker, kinds: ["noop", "resize"], queues: ["default", "mail"])
            #expect(rest.jobs.map(\.queue.text) == ["mail", "mail"], "what waited for it is released")
        }
    }

    @Test func `a job counts for all its keys with its weight, and for none while it waits`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("a", 4)
            try store.limit("b", 2)
            let heavy = try #require(JobLimit("a", weight: 3))
            let light = try #require(JobLimit("b"))
            let both = try store.enqueue(.limited([heavy, light]), .limited([heavy, light]))
            let other = try store.enqueue(.limited([light]))
            let giant = try store.enqueue(.limited([try #require(JobLimit("c", weight: 1000))]))
            try store.limit("c", 5)
            // The second one does not fit into a, and counts for b on paper, which the release puts right.
            var jobs = try store.claimGated(worker).jobs
            _ = try store.session.releaseNext()
            jobs += try store.claimGated(worker).jobs
            #expect(Set(jobs.map(\.id)) == Set([both[0]] + other + giant))
            #expect(try store.held() == ["a": 3, "b": 2, "c": 5])
            #expect(try store.state(both[1]) == .blocked)
        }
    }

    @Test func `a claim looks behind its cursors, and has a snapshot when it left only what is beyond its limit`()
        async throws
    {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try store.enqueue(limits: ["free"], count: 6)
            let first = try store.claimGated(worker, max: 2)
            #expect(first.jobs.map(\.id) == Array(ids[..<2]))
            #expect(first.snapshotXmin > 0 && first.snapshotXmax >= first.snapshotXmin)
            let cursor = try #require(first.jobs.last?.rank) + 2
            let behind = try store.claimGated(worker, cursor: cursor)
            #expect(behind.jobs.map(\.id) == Array(ids[4...]), "two are below the cursor")
            #expect(try store.claimGated(worker, cursor: cursor).jobs.isEmpty)
            #expect(try store.claimGated(worker, bytesMax: 1).jobs.map(\.id) == [ids[2]])
            #expect(try store.claimGated(worker).jobs.map(\.id) == [ids[3]])

            let late = try store.enqueue(NewJob(kind: "noop", startBy: .within(.seconds(60))))
            try store.enqueue(limits: ["free"], count: 1)
            try store.makeLate(late)
            let hidden = try store.claimGated(worker)
            #expect(hidden.jobs.count == 1)
            #expect(hidden.snapshotXmax == 0, "the late one may hide others when the limit is small")

            try store.limit("api", 1)
            try store.enqueue(limits: ["api"], count: 2)
            let partly = try store.claimGated(worker)
            #expect(partly.jobs.count == 1 && partly.snapshotXmax == 0, "others were refused")
        }
    }

    @Test func `a job that is done frees its place while others of its lease still run`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 3)
            let heavy = try #require(JobLimit("api", weight: 2))
            let light = try #require(JobLimit("api"))
            try store.enqueue(.limited([heavy]), .limited([light]), .limited([light]))
            let jobs = try store.claimGated(worker).jobs
            #expect(jobs.count == 2 && jobs[0].lease == jobs[1].lease)
            #expect(try store.held() == ["api": 3])
            #expect(try store.settle([jobs[0]], worker) == [.accepted])
            #expect(try store.held() == ["api": 1])
            #expect(try store.session.releaseLimited(by: [jobs[0].id]) == [.standard])
            let next = try #require(try store.claimGated(worker).jobs.first)
            #expect(try store.settle([jobs[1], next], worker) == [.accepted, .accepted])
            #expect(try store.held() == [:])
            #expect(try store.database.number("select count(*) from tusk.limit_hold") == 0)
        }
    }

    @Test func `however a lease ends, what its job held is free`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 1)
            let ids = try store.enqueue(limits: ["api"], count: 5)
            for verdict in [Verdict.complete, .retry(after: .seconds(60)), .giveBack, .discard] {
                let job = try #require(try store.claimGated(worker).jobs.first)
                #expect(try store.settle([job], verdict, worker) == [.accepted])
                #expect(try store.held() == [:], "\(verdict)")
                _ = try store.session.releaseLimited(by: [job.id])
            }
            let job = try #require(try store.claimGated(worker).jobs.first)
            try store.database.script("select tusk.complete(\(job.id), \(job.lease))")
            #expect(try store.held() == [:])
            _ = try store.session.releaseNext()
            #expect(try store.claimGated(worker).jobs.count == 1)
            try store.silence(worker)
            _ = try store.session.rescue()
            #expect(try store.held() == [:])
            let next = try store.worker()
            #expect(try store.claimGated(next).jobs.isEmpty, "it lost a lease, so it runs alone")
            #expect(try store.claimGated(next, isAlone: true).jobs.count == 1)
            #expect(try store.held() == ["api": 1])
            _ = try store.session.returnLeases(of: next, except: [])
            #expect(try store.held() == [:])
            #expect(ids.count == 5)
        }
    }

    @Test func `with many claimers at once no key is ever above its limit, and none is left waiting`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            try store.limit("a", 5)
            try store.limit("t:*", 2)
            let count = 600
            for number in 0..<count / 2 { try store.enqueue(limits: ["a", "t:\(number % 7)"], count: 2) }
            let seen = Seen()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        try await Lane.run("claimer \(number)") {
                            let store = try StoreFixture(database)
                            let worker = try store.worker()
                            let end = ContinuousClock.now.advanced(by: .seconds(60))
                            while seen.done < count, ContinuousClock.now < end {
                                let claimed = try store.claimGated(worker, max: 5 + number)
                                seen.note(held: try store.held())
                                if !claimed.watchedKeys.isEmpty {
                                    _ = try store.session.releaseLimited(claimed.watchedKeys)
                                }
                                guard !claimed.jobs.isEmpty else { continue }
                                _ = try store.settle(claimed.jobs, worker)
                                _ = try store.session.releaseLimited(by: claimed.jobs.map(\.id))
                                seen.note(done: claimed.jobs.count)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(seen.done == count)
            let peaks = seen.peaks
            #expect(peaks["a"] == 5)
            #expect(peaks.allSatisfy { $0.key == "a" || $0.value <= 2 }, "\(peaks)")
            #expect(try store.held() == [:])
            #expect(try database.number("select count(*) from tusk.blocked") == 0)
        }
    }

    @Test func `a lower limit counts at once, and lets in nobody until enough have ended`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 4)
            try store.enqueue(limits: ["api"], count: 10)
            let jobs = try store.claimGated(worker).jobs
            try store.limit("api", 2)
            for count in 1...3 {
                _ = try store.settle([jobs[count - 1]], worker)
                _ = try store.session.releaseLimited(by: [jobs[count - 1].id])
                #expect(try store.claimGated(worker).jobs.count == (count < 3 ? 0 : 1))
            }
        }
    }

    @Test(arguments: [("a:b:*", 1), ("x", 100_000), ("queue:a.b", 5), ("kind:resize", 1)])
    func `a limit may be set for this key`(_ key: String, _ number: Int) async throws {
        #expect(KeyLimit(key, runningMax: number) != nil)
        try await withStore { store in
            try store.database.script("select tusk.put_limit('\(key)', \(number))")
            #expect(try store.session.limits().map(\.key) == [key])
        }
    }

    @Test(arguments: [
        ("", 1), ("a b", 1), ("*", 1), ("a*", 1), ("queue:", 1), ("queue:*", 1), ("kind:a:*", 1), ("a", 0), ("a", -1),
        ("a", 100_001),
    ])
    func `a limit may not be set for this key or number`(_ key: String, _ number: Int) async throws {
        #expect(KeyLimit(key, runningMax: number) == nil)
        try await withStore { store in
            let error = #expect(throws: (any Error).self) {
                try store.database.script("select tusk.put_limit('\(key)', \(number))")
            }
            let message = String(describing: error)
            #expect(message.contains(number == 1 ? "key must be" : "running_max must be"))
            let limits = try store.session.limits()
            #expect(limits == [])
        }
    }
}

/// What several claimers saw.
private final class Seen: Sendable {
    private let state = Mutex((done: 0, peaks: [String: Int64]()))

    var done: Int { state.withLock { $0.done } }
    var peaks: [String: Int64] { state.withLock { $0.peaks } }

    func note(done count: Int) { state.withLock { $0.done += count } }

    func note(held: [String: Int64]) {
        state.withLock { $0.peaks.merge(held) { max($0, $1) } }
    }
}

extension StoreFixture {
    /// Sets a limit.
    func limit(_ key: String, _ runningMax: Int) throws {
        guard let limit = KeyLimit(key, runningMax: runningMax) else { throw FixtureError("a limit") }
        _ = try session.putLimit(limit, by: "test")
    }

    /// Enqueues jobs that name these limits.
    @discardableResult
    func enqueue(limits keys: [String], count: Int) throws -> [JobID] {
        let job = try NewJob.limited(keys.compactMap { JobLimit($0) })
        return try session.enqueue(Array(repeating: job, count: count)).map(\.id)
    }

    /// Claims jobs that limits may hold back.
    func claimGated(
        _ worker: WorkerID,
        max: Int = 100,
        bytesMax: Int = 1 << 20,
        cursor: Int64 = 0,
        kinds: [String] = ["noop"],
        queues: [String] = ["default"],
        isAlone: Bool = false
    ) throws -> GatedClaimAnswer {
        let lanes = Lane.all(of: queues.compactMap(QueueName.init))
        let request = ClaimRequest(
            worker: worker,
            lanes: lanes.map { Lane(queue: $0.queue, priority: $0.priority, cursor: cursor) },
            kinds: kinds.compactMap(Kind.init),
            jobsMax: max,
            argsBytesMax: bytesMax
        )
        return try session.claimGated(request, isAlone: isAlone)
    }

    /// What each key is held with.
    func held() throws -> [String: Int64] {
        let text = "select key, sum(total)::bigint from tusk.present_hold group by key having sum(total) > 0"
        let rows = try session.session.run(Statement(name: "held", text: text, isReadOnly: true))
        return Dictionary(uniqueKeysWithValues: (0..<rows.rowCount).map { (rows.text($0, 0), rows.int8($0, 1)) })
    }
}

extension NewJob {
    /// A job that names limits.
    static func limited(_ limits: [JobLimit]) throws -> NewJob { try NewJob(kind: "noop", limits: limits) }
}

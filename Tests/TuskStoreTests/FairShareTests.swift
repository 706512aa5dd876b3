import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Fair shares: keys that have jobs waiting take turns.
@Suite struct FairShareTests {
    @Test func `a key that comes later does not wait for those that came before`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let first = try store.enqueue(fair: "tenant:1", count: 1000)
            #expect(try store.claim(worker).isEmpty, "ordinary claims leave them alone")
            #expect(try store.claimGated(worker).jobs.isEmpty)
            #expect(try store.claimFair(worker, max: 10).map(\.id) == Array(first[..<10]))
            let second = try store.enqueue(fair: "tenant:2", count: 3)
            let ids = try store.claimFair(worker, max: 8).map(\.id)
            #expect(Set(ids).isSuperset(of: second) && ids.count == 8)
            #expect(second.contains(ids[0]) || second.contains(ids[1]))
        }
    }

    @Test func `weights say how the turns are divided, of a key or of its class`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.share("tenant:1", 3)
            try store.share("tenant:*", 2)
            for tenant in ["tenant:1", "tenant:2", "other"] { try store.enqueue(fair: tenant, count: 600) }
            var counts: [String: Int] = [:]
            for _ in 0..<60 {
                for job in try store.claimFair(worker, max: 7) { counts[try store.fairKey(job.id), default: 0] += 1 }
            }
            #expect(counts.values.reduce(0, +) == 420)
            #expect(abs(counts["tenant:1", default: 0] - 210) <= 4)
            #expect(abs(counts["tenant:2", default: 0] - 140) <= 4)
            #expect(abs(counts["other", default: 0] - 70) <= 4)
        }
    }

    @Test func `equal weights give equal turns, however many jobs wait for each`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            for tenant in 1...20 { try store.enqueue(fair: "tenant:\(tenant)", count: 30 + tenant * 5) }
            var counts: [String: Double] = [:]
            for _ in 0..<50 {
                for job in try store.claimFair(worker, max: 10) { counts[try store.fairKey(job.id), default: 0] += 1 }
            }
            // Jain's index: 1 when all get the same, 1/20 when one gets everything.
            let sum = counts.values.reduce(0, +)
            let squares = counts.values.reduce(0) { $0 + $1 * $1 }
            #expect(counts.count == 20 && sum == 500)
            #expect(sum * sum / (20 * squares) > 0.99, "\(counts)")
        }
    }

    @Test func `what a key did not use is not saved for it, and what it took is not forgiven`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(fair: "busy", count: 500)
            let visit = try store.enqueue(fair: "guest", count: 1)
            #expect(try store.claimFair(worker, max: 2).map(\.id).contains(visit[0]))
            for _ in 0..<20 { #expect(try store.claimFair(worker, max: 10).count == 10) }
            // Away for 200 turns, it gets every second one and no more.
            try store.enqueue(fair: "guest", count: 100)
            let keys = try store.claimFair(worker, max: 20).map { try store.fairKey($0.id) }
            #expect((9...11).contains(keys.count { $0 == "guest" }))
            // One that comes with one job at a time pays for each.
            var visits = 0
            for _ in 0..<20 {
                try store.enqueue(fair: "short", count: 1)
                visits += try store.claimFair(worker, max: 1).filter { try store.fairKey($0.id) == "short" }.count
            }
            #expect((6...8).contains(visits), "\(visits) of 20 turns for one of three keys")
        }
    }

    @Test func `turns that nobody could take for a key are lost`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            _ = try store.session.enqueue((0..<100).map { _ in .fair("guest", kind: "rare") })
            try store.enqueue(fair: "busy", count: 500)
            for _ in 0..<20 { #expect(try store.claimFair(worker, max: 10).count == 10) }
            let jobs = try store.claimFair(worker, max: 20, kinds: ["noop", "rare"])
            #expect((9...11).contains(try jobs.count { try store.fairKey($0.id) == "guest" }))
        }
    }

    @Test func `keys of which nothing is left go, and come back`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            for key in 0..<100 { try store.enqueue(fair: "key-\(key)", count: 2) }
            var taken = 0
            while case let jobs = try store.claimFair(worker, max: 9), !jobs.isEmpty { taken += jobs.count }
            #expect(taken == 200)
            for _ in 0..<4 { #expect(try store.claimFair(worker, max: 9).isEmpty) }
            #expect(try store.database.number("select count(*) from tusk.fair_share") == 0)
            let id = try store.enqueue(fair: "key-7", count: 1)
            #expect(try store.claimFair(worker, max: 9).map(\.id) == id)
        }
    }

    @Test func `a key stays while a job is on its way to it, and one that was missed is found`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            _ = try store.enqueue(fair: "a", count: 1)
            let slow = try store.database.storeSession()
            defer { slow.close() }
            try slow.transaction { session throws(StoreError) in
                _ = try session.enqueue([.fair("a")])
                do {
                    #expect(try store.claimFair(worker, max: 9).count == 1)
                    for _ in 0..<3 { #expect(try store.claimFair(worker, max: 9).isEmpty) }
                } catch { Issue.record("\(error)") }
            }
            #expect(try store.database.number("select count(*) from tusk.fair_share") == 1)
            #expect(try store.claimFair(worker, max: 9).count == 1)
            try store.enqueue(fair: "b", count: 1)
            try store.database.script("delete from tusk.fair_share")
            #expect(try store.claimFair(worker, max: 9).count == 1)
        }
    }

    @Test func `senders of the same new keys in another order do not wait for each other`() async throws {
        try await withStore { store in
            let (one, other) = (try store.database.storeSession(), try store.database.storeSession())
            defer {
                one.close()
                other.close()
            }
            try one.transaction { session throws(StoreError) in
                _ = try session.enqueue([.fair("a")])
                try other.transaction { session throws(StoreError) in
                    _ = try session.enqueue([.fair("b"), .fair("a")])
                }
                _ = try session.enqueue([.fair("b")])
            }
            let worker = try store.worker()
            #expect(try store.claimFair(worker, max: 9).count == 4)
        }
    }

    @Test func `jobs keep their fair key on all ways back into line`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 1)
            let fair = FairKey("tenant:1")
            let limits = [try #require(JobLimit("api"))]
            let ids = try store.enqueue(
                NewJob(kind: "noop", limits: limits, fairKey: fair),
                NewJob(kind: "noop", limits: limits, fairKey: fair),
                NewJob(kind: "noop", runAt: .after(.milliseconds(1)), fairKey: fair),
                NewJob(kind: "noop", order: JobOrder("line"), fairKey: fair),
                NewJob(kind: "noop", order: JobOrder("line"), fairKey: fair)
            )
            var done: [JobID] = []
            for _ in 0..<20 where done.count < ids.count {
                _ = try store.session.promote()
                let jobs = try store.claimFair(worker, max: 10)
                #expect(try store.claim(worker).isEmpty && store.claimGated(worker).jobs.isEmpty)
                // Each is retried once.
                let (fresh, again) = (jobs.filter { $0.attempt == 0 }, jobs.filter { $0.attempt > 0 })
                _ = try store.settle(fresh, .retry(after: .milliseconds(1)), worker)
                _ = try store.settle(again, worker)
                done += again.map(\.id)
                _ = try store.session.releaseNext()
            }
            #expect(Set(done) == Set(ids) && done.count == ids.count)
            #expect(try store.database.number("select count(*) from tusk.ready") == 0)
        }
    }

    @Test func `a job that lost a lease runs alone and keeps its fair key`() async throws {
        try await withStore { store in
            let (worker, other) = (try store.worker(), try store.worker())
            let id = try store.enqueue(fair: "tenant:1", count: 1)[0]
            #expect(try store.claimFair(worker, max: 1).map(\.id) == [id])
            try store.silence(worker)
            #expect(try store.session.rescue().jobsReturned == 1)
            #expect(try store.claimFair(other, max: 1).isEmpty, "not beside others")
            let alone = try store.claimGated(other, max: 1, isAlone: true).jobs
            #expect(alone.map(\.id) == [id])
            _ = try store.settle(alone, .retry(after: .milliseconds(1)), other)
            try store.database.script("update tusk.scheduled set due_at = now() - interval '1 s'")
            _ = try store.session.promote()
            #expect(try store.claimFair(other, max: 1).map(\.id) == [id])
        }
    }

    @Test func `an explanation names the key and how many others there are`() async throws {
        try await withStore { store in
            let ids = try store.enqueue(fair: "tenant:1", count: 3)
            try store.enqueue(fair: "tenant:2", count: 1)
            _ = try store.worker()
            let text = "select message from tusk.explain(\(ids[2]))"
            #expect(
                try store.database.texts(text) == [
                    "nothing holds it back; 2 jobs of its queue and fair key tenant:1, which takes turns with 1 others,"
                        + " are ahead of it"
                ]
            )
        }
    }

    @Test func `what cannot be a fair key or a weight is refused`() throws {
        for text in ["", "a b", "queue:x", "kind:x", String(repeating: "x", count: 129)] {
            #expect(FairKey(text) == nil)
        }
        #expect(KeyLimit("tenant:1", shareWeight: 0) == nil && KeyLimit("tenant:1", shareWeight: 1001) == nil)
        #expect(KeyLimit("queue:mail", shareWeight: 2) == nil)
    }
}

extension NewJob {
    /// A job with this fair key.
    fileprivate static func fair(_ key: String, kind: Kind = "noop") -> NewJob {
        guard let key = FairKey(key), let job = try? NewJob(kind: kind, fairKey: key) else {
            preconditionFailure("a fair key")
        }
        return job
    }
}

extension StoreFixture {
    @discardableResult
    fileprivate func enqueue(fair key: String, count: Int) throws -> [JobID] {
        try session.enqueue(Array(repeating: .fair(key), count: count)).map(\.id)
    }

    fileprivate func share(_ key: String, _ weight: Int) throws {
        _ = try session.putLimit(try #require(KeyLimit(key, shareWeight: weight)), by: "test")
    }

    fileprivate func claimFair(
        _ worker: WorkerID,
        max: Int,
        kinds: [Kind] = ["noop"]
    ) throws -> [ClaimedJob] {
        let request = ClaimRequest(
            worker: worker,
            lanes: Lane.all(of: [.standard]),
            kinds: kinds,
            jobsMax: max
        )
        return try session.claimGated(request, isFair: true).jobs
    }

    fileprivate func fairKey(_ id: JobID) throws -> String {
        try database.texts("select fair_key from tusk.job where id = \(id)")[0]
    }
}

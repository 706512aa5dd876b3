import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Circuit breakers: what opens them, who waits meanwhile, and in what waves jobs come back.
@Suite struct BreakerTests {
    @Test func `it opens after so many failures in a row, and a success starts the count again`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.breaker("smtp", failures: 3)
            try store.enqueue(limits: ["smtp"], count: 10)
            let jobs = try store.claimGated(worker, max: 5).jobs
            #expect(jobs.count == 5)
            for job in jobs[..<2] { #expect(try store.fail(job)) }
            try store.complete(jobs[2], worker)
            #expect(try store.database.number("select count(*) from tusk.breaker") == 0)
            for job in jobs[..<2] { #expect(try store.fail(job)) }
            #expect(try store.claimGated(worker, max: 1).jobs.count == 1, "two of three")
            #expect(try store.fail(jobs[3]))
            #expect(try store.claimGated(worker).jobs.isEmpty)
            #expect(try store.database.number("select count(*) from tusk.blocked where key = 'smtp'") == 4)
            let fault = try #require(try store.session.limits().first?.fault)
            #expect(fault.failures == 3 && fault.opening?.wave == 0 && fault.reason == "refused")
        }
    }

    @Test func `one tries, then twice as many each time, and behind 64 all do`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.breaker("smtp", failures: 1)
            try store.enqueue(limits: ["smtp"], count: 300)
            #expect(try store.fail(try store.claimGated(worker, max: 1).jobs[0]))
            #expect(try store.claimGated(worker, max: 1000).jobs.isEmpty)
            #expect(try store.session.releaseNext().queues.isEmpty)
            try store.database.script("update tusk.breaker set probe_at = clock_timestamp()")
            var waves: [Int] = []
            for _ in 0..<8 {
                _ = try store.session.releaseNext()
                let jobs = try store.claimGated(worker, max: 1000).jobs
                waves.append(jobs.count)
                #expect(try store.claimGated(worker, max: 1000).jobs.isEmpty)
                for job in jobs { try store.complete(job, worker) }
            }
            #expect(waves == [1, 2, 4, 8, 16, 32, 64, 172])
            #expect(try store.database.number("select count(*) from tusk.breaker") == 0)
        }
    }

    @Test func `who fails in a wave opens it again for twice as long, others say nothing new`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.breaker("smtp", failures: 1, hold: .seconds(10))
            try store.enqueue(limits: ["smtp"], count: 20)
            let early = try store.claimGated(worker, max: 3).jobs
            #expect(try store.fail(early[0]))
            #expect(try store.fail(early[1]))
            try store.complete(early[2], worker)
            #expect(try store.holdSeconds() == 10)
            #expect(try store.claimGated(worker).jobs.isEmpty, "it completed, but had started before")
            for seconds in [20, 40, 80, 160, 160] {
                try store.database.script("update tusk.breaker set probe_at = clock_timestamp()")
                _ = try store.session.releaseNext()
                let tries = try store.claimGated(worker).jobs
                #expect(tries.count == 1)
                #expect(try store.fail(tries[0]))
                _ = try store.settle(tries, .snooze(after: .zero), worker)
                #expect(try store.holdSeconds() == seconds)
            }
        }
    }

    @Test func `each key of a class has its own, and one key can be named`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.breaker("host:*", failures: 1)
            try store.enqueue(limits: ["host:a", "host:b", "free"], count: 1)
            try store.enqueue(limits: ["host:a"], count: 1)
            try store.enqueue(limits: ["host:b"], count: 1)
            try store.enqueue(limits: ["free"], count: 1)
            let job = try store.claimGated(worker, max: 1).jobs[0]
            #expect(try !store.fail(job, key: "free"))
            #expect(try store.fail(job, key: "host:a"))
            #expect(try store.claimGated(worker).jobs.count == 2)
            #expect(try store.session.limits().first?.openBreakers == 1)
            #expect(try store.session.closeBreakers("host:*", by: "test") == [.standard])
            #expect(try store.session.closeBreakers("host:*", by: "test") == nil)
            #expect(try store.claimGated(worker).jobs.count == 1)
        }
    }

    @Test func `queues and kinds can have one, and the resource can say for how long`() async throws {
        for key in ["queue:default", "kind:noop"] {
            try await withStore { store in
                let worker = try store.worker()
                try store.breaker(key, failures: 1, hold: .seconds(10))
                let ids = try store.enqueue(count: 2)
                let job = try store.claimGated(worker, max: 1).jobs[0]
                #expect(try store.session.noteUnavailable(job.id, key: nil, reason: "no", hold: .seconds(500)))
                #expect(try store.holdSeconds() == 500)
                #expect(try store.claimGated(worker).jobs.isEmpty)
                let why = try #require(try store.session.explain(ids[1]).reasons.first { $0.word == "breaker" })
                #expect(why.message.hasPrefix("breaker of \(key) is open since ") && why.message.contains("(no)"))
                #expect(try store.session.removeLimit(key, by: "test") == [.standard])
                #expect(try store.session.explain(ids[1]).reasons.allSatisfy { $0.word != "breaker" })
            }
        }
    }

    @Test(arguments: [
        ("breaker_failures => 0", "breaker_failures must"), ("breaker_failures => 1001", "breaker_failures must"),
        ("breaker_failures => 1, breaker_hold => '0.9 s'", "breaker_hold must"),
        ("breaker_failures => 1, breaker_hold => '25 h'", "breaker_hold must"),
        ("running_max => 1, breaker_hold => '5 s'", "breaker_failures, which is missing"),
    ])
    func `bad settings are refused by their names`(_ setting: String, _ field: String) async throws {
        try await withStore { store in
            #expect {
                try store.database.script("select tusk.put_limit('a', \(setting))")
            } throws: {
                String(describing: $0).contains(field)
            }
            let limits = try store.database.number("select count(*) from tusk.key_limit")
            #expect(limits == 0)
        }
    }
}

extension StoreFixture {
    fileprivate func breaker(_ key: String, failures: Int, hold: Duration = .seconds(30)) throws {
        guard let breaker = CircuitBreaker(failures: failures, hold: hold),
            let limit = KeyLimit(key, breaker: breaker)
        else { throw FixtureError("a breaker") }
        _ = try session.putLimit(limit, by: "test")
    }

    /// Says that a job found its resource unavailable; whether a breaker took note.
    fileprivate func fail(_ job: ClaimedJob, key: String? = nil) throws -> Bool {
        try session.noteUnavailable(job.id, key: key, reason: "refused", hold: nil)
    }

    fileprivate func complete(_ job: ClaimedJob, _ worker: WorkerID) throws {
        _ = try settle([job], worker)
        _ = try session.releaseLimited(by: [job.id])
    }

    /// For how many seconds the only breaker stays open from its last change on.
    fileprivate func holdSeconds() throws -> Int64 {
        try database.number("select round(extract(epoch from probe_at - updated_at)) from tusk.breaker")
    }
}

import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import Tusk

extension WorkerTests {
    /// What becomes of jobs whose resource is unavailable; no scheduler helps but where it is said.
    @Suite struct BreakerTests {
        @Test func `while the resource is gone its jobs lose no attempts, and then all complete`() async throws {
            let isGone = Atomic(true)
            let calls = Atomic(0)
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("send") { _ in
                    calls.add(1, ordering: .relaxed)
                    if isGone.load(ordering: .relaxed) { throw JobDirective.unavailable(reason: "connection refused") }
                }
            }
            try await withWorker(register: register) { bench in
                try bench.breaker("smtp", failures: 3)
                let job = try NewJob(kind: "send", maxAttempts: 1, limits: [try #require(JobLimit("smtp"))])
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.enqueue(Array(repeating: job, count: 100))
                }
                try bench.signal()
                // Those that were under way when it opened come back after a second.
                try await eventually(within: .seconds(30), "the breaker opens") {
                    try bench.promote()
                    return try bench.count("blocked") == 100
                }
                #expect(try bench.count("breaker", where: "wave = 0") == 1)
                let callsBefore = calls.load(ordering: .relaxed)
                isGone.store(false, ordering: .relaxed)
                try await eventually(within: .seconds(30), "all complete") {
                    try bench.database.script("update tusk.breaker set probe_at = least(probe_at, clock_timestamp())")
                    try bench.release()
                    return try bench.unfinishedCount() == 0 && bench.count("blocked") == 0
                }
                #expect(calls.load(ordering: .relaxed) - callsBefore == 100)
                #expect(try bench.count("outcome", where: "state = 'completed' and attempt = 1") == 100)
                let tries = "select distinct ended || ': ' || error from tusk.attempt"
                #expect(try bench.database.texts(tries) == ["snoozed: connection refused"])
                #expect(try bench.count("breaker", where: "wave < 16") == 0)
            }
        }

        @Test func `without a breaker it is a failure like others, and the resource may say how long`() async throws {
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("send") { _ in
                    throw JobDirective.unavailable(reason: "503", retryAfter: .seconds(500))
                }
            }
            try await withWorker(register: register) { bench in
                try bench.breaker("other", failures: 1)
                let jobs = [try NewJob(kind: "send"), try NewJob(kind: "send", maxAttempts: 1)]
                let ids = try bench.store.withSession { session throws(StoreError) in
                    try session.enqueue(jobs).map(\.id)
                }
                try bench.signal()
                try await bench.wait(for: ids[1], to: .discarded)
                try await bench.wait(for: ids[0], to: .retryable)
                let delay = "select round(extract(epoch from due_at - now())) from tusk.scheduled"
                #expect(try (490...500).contains(bench.database.number(delay)))
                #expect(try bench.count("breaker") == 0)
            }
        }
    }
}

extension WorkerBench {
    func breaker(_ key: String, failures: Int) throws {
        guard let breaker = CircuitBreaker(failures: failures), let limit = KeyLimit(key, breaker: breaker) else {
            throw FixtureError("a breaker")
        }
        try store.withSession { session throws(StoreError) in _ = try session.putLimit(limit, by: "test") }
    }

    /// Does what the scheduler does for jobs that are due, and for those that wait for limits.
    fileprivate func promote() throws {
        try database.script("update tusk.scheduled set due_at = now()")
        try store.withSession { session throws(StoreError) in _ = try session.promote() }
        try signal()
    }

    fileprivate func release() throws {
        try store.withSession { session throws(StoreError) in _ = try session.releaseNext() }
        try signal()
    }
}

import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import Tusk

extension WorkerTests {
    /// Concurrency limits as workers keep them; no scheduler helps.
    @Suite struct LimitTests {
        @Test func `two workers never run more than the limit, use all of it, and hold nobody else up`() async throws {
            let count = Running()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("limited") { _ in count.during { Pausing.block(5) } }
                worker.register("noop") { _ in }
            }
            try await withWorker(register: register) { bench in
                try bench.limit("api", 3)
                let other = try Worker(.test { _ in }, store: bench.database.store())
                register(other)
                other.start()
                let limited = try NewJob(kind: "limited", limits: [try #require(JobLimit("api"))])
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.enqueue(Array(repeating: limited, count: 200))
                }
                let free = try bench.enqueue(count: 50)
                try bench.signal()
                for id in free { try await bench.wait(for: id, to: .completed) }
                try await eventually(within: .seconds(30)) { try bench.unfinishedCount() == 0 }
                try await eventually { try bench.count("blocked") == 0 && bench.count("limit_hold") == 0 }
                #expect(count.most == 3)
                #expect(count.total == 200)
                #expect(bench.events.leasesLost.isEmpty)
                await other.stop()
            }
        }

        @Test func `workers start rated jobs at the times of their tokens and lose none of them`() async throws {
            let starts = Starts()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("rated") { _ in starts.note() }
            }
            try await withWorker(register: register) { bench in
                let rate = try #require(RateLimit(100, per: .seconds(1)))
                let limit = try #require(KeyLimit("api", rate: rate))
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.putLimit(limit, by: "test")
                }
                let other = try Worker(.test { _ in }, store: bench.database.store())
                register(other)
                other.start()
                let rated = try NewJob(kind: "rated", limits: [try #require(JobLimit("api"))])
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.enqueue(Array(repeating: rated, count: 200))
                }
                try bench.signal()
                try await eventually(within: .seconds(30)) { try bench.unfinishedCount() == 0 }
                let times = starts.all.sorted()
                let took = times[0].duration(to: times[199])
                // The first may have been late itself.
                #expect(took > .milliseconds(1800) && took < .milliseconds(2600), "199 steps of 10 ms took \(took)")
                await other.stop()
            }
        }

        @Test func `a job that lost a lease runs alone within its limit too`() async throws {
            try await withWorker(register: { $0.register("limited") { _ in } }) { bench in
                try bench.limit("api", 1)
                let limit = try #require(JobLimit("api"))
                let job = try NewJob(kind: "limited", runAt: .after(.seconds(60)), limits: [limit])
                let id = try bench.enqueue(job)[0]
                try bench.database.script(
                    """
                    with moved as (delete from tusk.scheduled returning *)
                    insert into tusk.ready (priority, interruptions, gated, args_bytes, id, available_at, queue, kind)
                    select priority, 1, true, args_bytes, id, now(), queue, kind from moved
                    """
                )
                try bench.signal()
                try await bench.wait(for: id, to: .completed)
                try await eventually { try bench.count("limit_hold") == 0 }
            }
        }

        @Test func `half of what a worker wants is for gated jobs, and none of a band that is less urgent`() throws {
            var share = GatedShare()
            func limited(_ wanted: Int) -> Int { share.jobs(of: wanted, idleSlots: 8).limited }
            #expect(limited(100) == 0, "nobody has said that there are any")
            share.noted(found: 100, hasLimited: true, hasFair: false, cutOffAt: nil)
            #expect(limited(100) == 50 && share.bandMax.rawValue == 9)
            #expect([limited(1), limited(1), limited(1)] == [1, 0, 1])
            share.noted(found: 100, hasLimited: true, hasFair: false, cutOffAt: .standard)
            #expect(share.bandMax == .standard)
            share.noted(found: 0, hasLimited: true, hasFair: false, cutOffAt: nil)
            #expect(limited(100) == 99, "the ordinary claim looks again with one")
            share.noted(found: 1, hasLimited: false, hasFair: false, cutOffAt: nil)
            #expect(limited(100) == 0)
        }

        @Test func `jobs with fair keys are for idle slots, and share with those that limits hold back`() throws {
            var share = GatedShare()
            share.noted(found: 0, hasLimited: false, hasFair: true, cutOffAt: nil)
            #expect(share.isOnlyFair)
            #expect(share.jobs(of: 100, idleSlots: 8) == .init(limited: 0, fair: 8))
            #expect(share.jobs(of: 1, idleSlots: 1).fair == 1 && share.jobs(of: 1, idleSlots: 1).fair == 1)
            share.noted(found: 0, hasLimited: true, hasFair: true, cutOffAt: nil)
            #expect(share.jobs(of: 9, idleSlots: 8) == .init(limited: 1, fair: 8), "none of the others was found")
            share.noted(foundLimited: true)
            #expect(!share.isOnlyFair)
            let parts = (0..<2).map { _ in share.jobs(of: 8, idleSlots: 8) }
            #expect(parts.map(\.fair).reduce(0, +) == 7 && parts.map(\.limited).reduce(0, +) == 7)
        }
    }
}

/// When handlers started.
private final class Starts: Sendable {
    private let times = Mutex([ContinuousClock.Instant]())

    var all: [ContinuousClock.Instant] { times.withLock { $0 } }

    func note() { times.withLock { $0.append(.now) } }
}

/// Counts handlers that run at once.
private final class Running: Sendable {
    private let state = Mutex((now: 0, most: 0, total: 0))

    var most: Int { state.withLock { $0.most } }
    var total: Int { state.withLock { $0.total } }

    func during(_ body: () -> Void) {
        state.withLock { state in
            state.now += 1
            state.total += 1
            state.most = max(state.most, state.now)
        }
        body()
        state.withLock { $0.now -= 1 }
    }
}

extension WorkerBench {
    /// Sets a limit.
    func limit(_ key: String, _ runningMax: Int) throws {
        guard let limit = KeyLimit(key, runningMax: runningMax) else { throw FixtureError("a limit") }
        try store.withSession { session throws(StoreError) in _ = try session.putLimit(limit, by: "test") }
    }
}

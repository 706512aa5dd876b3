import Testing
import TuskCore
import TuskStore

@testable import Tusk

@Suite struct LaneCursorsTests {
    private let start = ContinuousClock.now
    private let queues: [QueueName] = ["a", "b", "c"]

    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    @Test func `the urgent band of every queue comes first, and the queues take turns`() {
        var cursors = LaneCursors(queues: queues, at: start)
        let firsts = (0..<4).map { _ in
            let lanes = cursors.next(at: start)
            #expect(lanes.map(\.priority) == Priority.all.flatMap { [$0, $0, $0] })
            #expect(Set(lanes.prefix(3).map(\.queue)) == Set(queues))
            return lanes.first?.queue
        }
        #expect(firsts == ["a", "b", "c", "a"])
    }

    @Test func `jobs with deadlines say nothing of those behind them`() {
        var cursors = LaneCursors(queues: ["a"], at: start)
        let lane = LaneCursors.Key(queue: "a", priority: .standard)
        let first = cursors.next(at: start)
        cursors.claimed([lane: 100], first, reachedLimit: false, xmin: 10, xmax: 12, at: start)
        let second = cursors.next(at: at(0.01))
        cursors.claimed([:], second, reachedLimit: false, xmin: 12, xmax: 15, at: at(0.01))
        let third = cursors.next(at: at(0.02))
        #expect(third[5].cursor == 100)
        cursors.claimed([lane: 0], third, reachedLimit: true, xmin: 15, xmax: 16, at: at(0.02))
        let fourth = cursors.next(at: at(0.03))
        #expect(fourth[5].cursor == 100, "the claim was full before it came to the others")
        cursors.claimed([lane: 0], fourth, reachedLimit: false, xmin: 16, xmax: 17, at: at(0.03))
        #expect(cursors.next(at: at(0.04))[5].cursor == 100)
    }

    @Test func `a lane moves up behind what was claimed, and is scanned in full every five seconds`() {
        var cursors = LaneCursors(queues: ["a"], at: start)
        let lane = LaneCursors.Key(queue: "a", priority: .standard)
        let first = cursors.next(at: start)
        cursors.claimed([lane: 100], first, reachedLimit: false, xmin: 10, xmax: 12, at: start)
        let second = cursors.next(at: at(0.01))
        #expect(second.allSatisfy { $0.cursor == 0 }, "others may still commit below")
        cursors.claimed([lane: 200], second, reachedLimit: false, xmin: 12, xmax: 15, at: at(0.01))
        let third = cursors.next(at: at(0.02))
        #expect(third.map(\.cursor) == [0, 0, 0, 0, 0, 100, 0, 0, 0, 0])
        let full = cursors.next(at: at(5.02))
        #expect(full.allSatisfy { $0.cursor == 0 })
        #expect(cursors.next(at: at(5.1))[5].cursor == 0, "a claim that failed was no scan")
        cursors.claimed([:], full, reachedLimit: false, xmin: 0, xmax: 0, at: at(5.2))
        #expect(cursors.next(at: at(5.3))[5].cursor > 0)
    }

    @Test func `jobs that limits may hold back have cursors of their own`() {
        var cursors = LaneCursors(queues: ["a"], at: start)
        let lane = LaneCursors.Key(queue: "a", priority: .standard)
        let first = cursors.gated(cursors.next(at: start), at: start)
        cursors.claimedGated([lane: 100], first, reachedLimit: false, xmin: 10, xmax: 12, at: start)
        let second = cursors.gated(cursors.next(at: at(0.01)), at: at(0.01))
        #expect(second.allSatisfy { $0.cursor == 0 }, "others may still commit below")
        cursors.claimedGated([lane: 200], second, reachedLimit: true, xmin: 12, xmax: 15, at: at(0.01))
        let third = cursors.next(at: at(0.02))
        #expect(third.allSatisfy { $0.cursor == 0 }, "nobody looked for the others")
        #expect(cursors.gated(third, at: at(0.02)).map(\.cursor) == [0, 0, 0, 0, 0, 100, 0, 0, 0, 0])
        #expect(cursors.gated(cursors.next(at: at(5.1)), at: at(5.1)).allSatisfy { $0.cursor == 0 })
    }

    @Test func `a claim that reached its limit says nothing of the lanes behind`() {
        var cursors = LaneCursors(queues: ["a"], at: start)
        let urgent = LaneCursors.Key(queue: "a", priority: .test(0))
        let patient = LaneCursors.Key(queue: "a", priority: .test(9))
        cursors.claimed([patient: 100], cursors.next(at: start), reachedLimit: false, xmin: 10, xmax: 12, at: start)
        // The transaction that was writing has ended, but nobody has looked at what it left.
        let second = cursors.next(at: at(0.01))
        cursors.claimed([urgent: 500], second, reachedLimit: true, xmin: 20, xmax: 20, at: at(0.01))
        #expect(cursors.next(at: at(0.02)).last?.cursor == 0)
        let third = cursors.next(at: at(5.02))
        cursors.claimed([urgent: 600], third, reachedLimit: true, xmin: 30, xmax: 30, at: at(5.02))
        let fourth = cursors.next(at: at(5.03))
        #expect(fourth.first.map { $0.cursor > 0 } == true)
        #expect(fourth.last?.cursor == 0, "its full scan is still to come")
        cursors.claimed([urgent: 700], fourth, reachedLimit: false, xmin: 31, xmax: 31, at: at(5.04))
        #expect(cursors.next(at: at(5.05)).last?.cursor == 100)
    }
}

extension Priority {
    /// A band of a test.
    static func test(_ band: Int16) -> Priority {
        guard let priority = Priority(rawValue: band) else { preconditionFailure("bands are 0 to 9") }
        return priority
    }
}

@Suite struct SlotSpeedTests {
    private let start = ContinuousClock.now

    private func speed(_ totals: (seconds: Double, runs: Int, busySeconds: Double)...) -> SlotSpeed {
        var speed = SlotSpeed()
        for total in totals {
            let work = Slots.Work(runs: total.runs, busyTime: .seconds(total.busySeconds), slowRuns: total.runs)
            speed.measure(work, at: start.advanced(by: .seconds(total.seconds)))
        }
        return speed
    }

    @Test func `nothing is known before something has ended`() {
        #expect(SlotSpeed().jobs(of: 8, in: .milliseconds(100)) == nil)
        #expect(speed((0, 0, 0), (1, 0, 8)).jobs(of: 8, in: .milliseconds(100)) == nil)
    }

    @Test func `jobs of 100 ms: each slot does one in the prefetch time`() {
        #expect(speed((0, 0, 0), (1, 80, 8)).jobs(of: 8, in: .milliseconds(100)) == 8)
    }

    @Test func `jobs that take no time give a large number`() {
        #expect(speed((0, 0, 0), (0.01, 1000, 0.0004)).jobs(of: 8, in: .milliseconds(100)) == 1_000_000)
    }

    @Test func `a few quick jobs that had to wait for a core do not make a typical job slow`() throws {
        var speed = SlotSpeed()
        speed.measure(Slots.Work(), at: start)
        let work = Slots.Work(runs: 1000, busyTime: .seconds(1), slowRuns: 50, quickTime: .milliseconds(2))
        speed.measure(work, at: start.advanced(by: .milliseconds(100)))
        #expect(try #require(speed.secondsPerJob) > 0.0009)
        #expect(try #require(speed.secondsPerTypicalJob) < 0.000003)
        let slow = Slots.Work(runs: 2000, busyTime: .seconds(2), slowRuns: 1050, quickTime: .milliseconds(2))
        speed.measure(slow, at: start.advanced(by: .milliseconds(200)))
        #expect(speed.secondsPerTypicalJob == speed.secondsPerJob)
    }

    @Test func `slots that got stuck in long jobs are known to be slow before those end`() {
        let fast = speed((0, 0, 0), (1, 800, 8))
        #expect(fast.jobs(of: 8, in: .milliseconds(100)) == 80)
        let slow = speed((0, 0, 0), (1, 800, 8), (6, 800, 48))
        #expect(slow.jobs(of: 8, in: .milliseconds(100)).map { $0 < 8 } == true)
    }
}

@Suite struct BackoffTests {
    @Test func `it doubles from the least to the most, with a random part, and starts anew`() {
        var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
        let waits = (0..<6).map { _ in backoff.next(random: 1) }
        #expect(waits == [50, 100, 200, 400, 800, 1000].map { .milliseconds($0) })
        #expect(backoff.next(random: 0) == .milliseconds(500))
        backoff.reset()
        #expect(backoff.next(random: 1) == .milliseconds(50))
    }
}

@Suite struct WorkerConfigurationTests {
    @Test func `the defaults are in order`() {
        #expect(WorkerConfiguration().fault == nil)
    }

    @Test(
        arguments: [
            { $0.queues = [] }, { $0.queues = ["a", "a"] }, { $0.concurrency = 0 }, { $0.concurrency = 201 },
            { $0.leaseTime = .milliseconds(299) }, { $0.claimJobsMax = 0 }, { $0.claimJobsMax = 5001 },
            { $0.claimBytesMax = 0 }, { $0.unsettledMax = 0 }, { $0.drainTimeout = .seconds(-1) },
            { $0.pollIntervalMin = .zero },
        ] as [@Sendable (inout WorkerConfiguration) -> Void]
    )
    func `a setting out of its range is refused`(_ change: @Sendable (inout WorkerConfiguration) -> Void) {
        var configuration = WorkerConfiguration()
        change(&configuration)
        #expect(configuration.fault != nil)
    }
}

import Testing

@testable import TuskScheduler

struct LeadershipStateTests {
    private let start = ContinuousClock.now

    private func after(_ milliseconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    private func state() -> LeadershipState { LeadershipState(leaderTime: .seconds(5), startedAt: start) }

    @Test func `a scheduler that has heard nothing waits for twice the time of a leadership`() {
        #expect(!state().mustWork(at: after(10_000)))
        #expect(state().mustWork(at: after(10_001)))
        #expect(!state().isLeader(at: after(10_001)))
    }

    @Test func `leadership counts from the moment of the question and ends by itself`() {
        var state = state()
        state.note(leads: true, askedAt: after(1000))
        #expect(state.isLeader(at: after(5999)))
        #expect(!state.isLeader(at: after(6000)))
        // Between the end of the leadership and the moment from which nobody is known to lead, others may work.
        #expect(!state.mustWork(at: after(8000)))
        #expect(state.mustWork(at: after(11_001)))
    }

    @Test func `who hears that another leads rests`() {
        var state = state()
        state.note(leads: true, askedAt: after(0))
        state.note(leads: false, askedAt: after(100))
        #expect(!state.mustWork(at: after(101)))
        #expect(!state.mustWork(at: after(10_100)))
        #expect(state.mustWork(at: after(10_101)))
    }
}

struct BackoffTests {
    @Test func `waits double up to the limit, and randomness takes off at most half`() {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        let waits = (0..<8).map { _ in backoff.next(random: 0) }
        #expect(waits == [100, 200, 400, 800, 1600, 2000, 2000, 2000].map { .milliseconds($0) })
        #expect(backoff.next(random: 0.999) >= .seconds(1))
        #expect(backoff.reset() == 9)
        #expect(backoff.next(random: 0) == .milliseconds(100))
        for _ in 0..<200 { #expect(backoff.next(random: 0) <= .seconds(2)) }
    }
}

struct PromoterTests {
    @Test(arguments: [
        (nil, true, 500), (nil, false, 2000), (3_600_000, true, 500), (3_600_000, false, 2000), (120, true, 120),
        (120, false, 120), (0, true, 1), (-5, false, 1),
    ])
    func `the promoter rests until the next job is due, but not for long`(due: Int?, isActive: Bool, rest: Int) {
        let nextDueIn = due.map { Duration.milliseconds($0) }
        #expect(Promoter.rest(nextDueIn: nextDueIn, isActive: isActive, .init()) == .milliseconds(rest))
    }
}

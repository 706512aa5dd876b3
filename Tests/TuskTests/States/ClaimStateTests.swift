import Testing
import TuskCore

@testable import Tusk

@Suite struct ClaimStateTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    /// A state that has just looked for jobs that lost a lease and found none.
    private func state(_ change: (inout WorkerConfiguration) -> Void = { _ in }) -> ClaimState {
        var configuration = WorkerConfiguration()
        change(&configuration)
        var state = ClaimState(configuration, at: start)
        state.claimedAlone(false, at: start, random: 0)
        return state
    }

    private let idle = ClaimState.Demand(idleSlots: 8, queued: 0)

    @Test func `the first claim comes at once and asks for as many as there are slots`() {
        #expect(state().step(at: start, idle) == .claim(jobs: 8))
    }

    @Test func `an empty queue is polled less and less often, up to the limit`() {
        var state = state()
        var now = start
        var waits: [Duration] = []
        for _ in 0..<7 {
            state.claimed(0, of: 8, at: now, random: 0)
            state.claimedAlone(true, at: now.advanced(by: .seconds(60)), random: 0)
            guard case .wait(let time) = state.step(at: now, idle) else {
                Issue.record("it has to wait")
                return
            }
            waits.append(time)
            now = now.advanced(by: time)
        }
        #expect(waits == [100, 200, 400, 800, 1000, 1000, 1000].map { .milliseconds($0) })
    }

    @Test func `while signals arrive it polls every five seconds, and a signal makes it look at once`() {
        var state = state()
        state.listening(true)
        var now = start
        for _ in 0..<10 {
            state.claiming()
            now = now.advanced(by: .seconds(6))
            state.claimed(0, of: 8, at: now, random: 0)
            state.claimedAlone(false, at: now, random: 0)
        }
        #expect(state.step(at: now, idle) == .wait(.seconds(5)))
        state.signalled(at: now)
        #expect(state.step(at: now, idle) == .claim(jobs: 8))
        state.claiming()
        state.claimed(3, of: 8, at: now, random: 0)
        #expect(state.step(at: now, idle) == .wait(.milliseconds(50)))
    }

    @Test func `idle with signals it asks less than half a question a second`() {
        var state = state()
        state.listening(true)
        var now = start
        var questions = 0
        var random = SplitMix64(seed: 1)
        // The first minute is for finding out that nothing is there.
        while now < at(660) {
            if now < at(60) { questions = 0 }
            switch state.step(at: now, idle) {
            case .wait(let time): now = now.advanced(by: time)
            case .claim(let jobs):
                questions += 1
                state.claiming()
                state.claimed(0, of: jobs, at: now, random: Double.random(in: 0..<1, using: &random))
            case .claimAlone:
                questions += 1
                state.claimedAlone(false, at: now, random: Double.random(in: 0..<1, using: &random))
            case .readCancels: questions += 1
            }
        }
        // Besides there are heartbeats, proofs of life of the listener, and two sessions that forget their plans.
        let beats = 3 / (WorkerConfiguration().leaseTime / .seconds(1))
        let proofs = 1 / (Listener.silenceMax / .seconds(1))
        #expect(Double(questions) / 600 + beats + proofs + 2 / 60 < 0.5)
    }

    @Test func `after a full claim it goes on as soon as few are left`() {
        var state = state()
        let busy = ClaimState.Demand(idleSlots: 0, queued: 900, prefetch: 1000)
        state.claimed(1000, of: 1000, at: start, random: 0)
        state.claimedAlone(true, at: at(100), random: 0)
        guard case .wait = state.step(at: start, busy) else {
            Issue.record("enough is waiting")
            return
        }
        let low = ClaimState.Demand(idleSlots: 0, queued: 500, prefetch: 1000)
        #expect(state.step(at: start, low) == .claim(jobs: 500))
        let hungry = ClaimState.Demand(idleSlots: 8, queued: 0)
        #expect(state.step(at: start, hungry) == .claim(jobs: 8))
    }

    @Test(
        arguments: [
            // idle, queued, prefetch, limit, wanted in all
            (8, 0, nil, 1000, 8), (8, 0, 100, 1000, 108), (0, 0, 5000, 1000, 2000), (0, 0, nil, 1000, 0),
            (50, 0, 100, 10, 50), (3, 2, 0, 1000, 3),
        ] as [(Int, Int, Int?, Int, Int)]
    )
    func `as many jobs are wanted as the slots do in the prefetch time, between the idle slots and two claims`(
        _ idleSlots: Int,
        _ queued: Int,
        _ prefetch: Int?,
        _ limit: Int,
        _ wanted: Int
    ) {
        let state = state { $0.claimJobsMax = limit }
        let demand = ClaimState.Demand(idleSlots: idleSlots, queued: queued, prefetch: prefetch)
        #expect(state.target(demand).queued == wanted)
    }

    @Test func `jobs that lost a lease are taken one at a time, and asked for every 250 ms when there are none`() {
        var state = ClaimState(WorkerConfiguration(), at: start)
        #expect(state.step(at: start, idle) == .claimAlone)
        state.claimedAlone(true, at: start, random: 0)
        var occupied = idle
        occupied.hasAlone = true
        occupied.hasJobs = true
        #expect(state.step(at: at(10), occupied) != .claimAlone)
        #expect(state.step(at: at(10), idle) == .claimAlone)
        state.claimedAlone(false, at: start, random: 0)
        state.claimed(0, of: 8, at: start, random: 0)
        for _ in 0..<100 { state.signalled(at: start) }
        state.claiming()
        #expect(state.step(at: at(0.249), idle) != .claimAlone)
        #expect(state.step(at: at(0.25), idle) == .claimAlone)
    }

    @Test func `a worker that may not claim only reads cancels, once a second`() {
        var state = state()
        var demand = idle
        demand.mayClaim = false
        #expect(state.step(at: start, demand) == .wait(ClaimState.waitMax))
        demand.hasJobs = true
        #expect(state.step(at: start, demand) == .readCancels)
        state.readCancels(at: start)
        #expect(state.step(at: start, demand) == .wait(.seconds(1)))
        #expect(state.step(at: at(1), demand) == .readCancels)
    }

    @Test func `a failure pauses everything, and success ends the pause`() {
        var state = state()
        state.failed(at: start, random: 0)
        #expect(state.step(at: start, idle) == .wait(.milliseconds(25)))
        #expect(state.step(at: at(0.025), idle) == .claim(jobs: 8))
        for _ in 0..<20 { state.failed(at: start, random: 0.999) }
        guard case .wait(let time) = state.step(at: start, idle) else {
            Issue.record("it has to wait")
            return
        }
        #expect(time <= .seconds(1))
    }
}

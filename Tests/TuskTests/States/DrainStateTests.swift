import Testing

@testable import Tusk

@Suite struct DrainStateTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    @Test func `an idle worker goes straight to closing, and ends when it is clean`() {
        var state = DrainState()
        #expect(state.start() == true)
        #expect(state.start() == false)
        #expect(state.drain(within: .seconds(25), at: start) == true)
        #expect(state.mode == .draining)
        #expect(state.tick(at: at(0), isIdle: true, isClean: false) == .wake)
        #expect(state.mode == .closing)
        #expect(state.tick(at: at(0.1), isIdle: true, isClean: false) == .none)
        #expect(state.tick(at: at(0.2), isIdle: true, isClean: true) == .wake)
        #expect(state.phase == .ended)
    }

    @Test func `handlers have the grace, then half a second, and the end comes within two more`() {
        var state = DrainState()
        _ = state.start()
        _ = state.drain(within: .seconds(25), at: start)
        #expect(state.tick(at: at(24.9), isIdle: false, isClean: false) == .none)
        #expect(state.tick(at: at(25), isIdle: false, isClean: false) == .stopRuns)
        #expect(state.tick(at: at(25.4), isIdle: false, isClean: false) == .none)
        #expect(state.tick(at: at(25.5), isIdle: false, isClean: false) == .abandonRuns)
        #expect(state.tick(at: at(26.2), isIdle: true, isClean: false) == .none)
        #expect(state.tick(at: at(26.3), isIdle: true, isClean: false) == .wake)
        #expect(state.phase == .ended)
        let longest = DrainState.stopTime + DrainState.closeTime
        #expect(longest <= .seconds(1.4), "with a tick and the last signals it must stay below two seconds")
    }

    @Test func `asked again, it grants no more time`() {
        var state = DrainState()
        _ = state.start()
        #expect(state.drain(within: .seconds(25), at: start) == true)
        #expect(state.drain(within: .seconds(25), at: at(1)) == false)
        #expect(state.tick(at: at(1), isIdle: false, isClean: false) == .stopRuns)
    }

    @Test func `a worker that never started is over at once`() {
        var state = DrainState()
        #expect(state.drain(within: .seconds(25), at: start) == false)
        #expect(state.phase == .ended)
        #expect(state.start() == false)
    }
}

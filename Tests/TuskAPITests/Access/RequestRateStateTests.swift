import Testing
import TuskCore

@testable import TuskAPI

struct RequestRateStateTests {
    private let start = ContinuousClock.now
    private let rate = RateLimit(10, per: .seconds(1), burst: 3)

    @Test func `a burst goes at once, then one request for each token`() throws {
        let rate = try #require(rate)
        var state = RequestRateState()
        for _ in 0..<3 { #expect(state.take("a", rate, now: start) == nil) }
        #expect(state.take("a", rate, now: start) == .milliseconds(100))
        #expect(state.take("a", rate, now: start + .milliseconds(60)) == .milliseconds(40))
        #expect(state.take("a", rate, now: start + .milliseconds(100)) == nil)
        #expect(state.take("a", rate, now: start + .milliseconds(100)) == .milliseconds(100))
        // After a long time the burst is there again, and no more.
        for _ in 0..<3 { #expect(state.take("a", rate, now: start + .seconds(60)) == nil) }
        #expect(state.take("a", rate, now: start + .seconds(60)) != nil)
    }

    @Test func `in no time are there more requests than tokens and the burst`() throws {
        let rate = try #require(rate)
        var state = RequestRateState()
        var taken: [Duration] = []
        for millisecond in 0..<5000 {
            let time = Duration.milliseconds(millisecond)
            if state.take("a", rate, now: start + time) == nil { taken.append(time) }
        }
        #expect(taken.count == 52)
        for (index, from) in taken.enumerated() {
            let within = taken[index...].prefix { $0 < from + .seconds(1) }
            #expect(within.count <= 10 + 3)
        }
    }

    @Test func `keys do not touch each other, and those with all their tokens are forgotten`() throws {
        let rate = try #require(rate)
        var state = RequestRateState()
        for key in 0..<RequestRateState.keysMax { #expect(state.take(String(key), rate, now: start) == nil) }
        #expect(state.count == RequestRateState.keysMax)
        #expect(state.take("new", rate, now: start + .seconds(1)) == nil)
        #expect(state.count == 1)
    }
}

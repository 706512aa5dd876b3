import Testing

@testable import TuskAPI

struct FailureLimiterStateTests {
    private let start = ContinuousClock.now
    private let one: [UInt8] = [1]
    private let other: [UInt8] = [2]

    @Test func `a token may fail so often in a row, and then once per refill`() {
        var limiter = FailureLimiterState()
        for _ in 0..<20 {
            #expect(limiter.mayTry(one, now: start))
            limiter.noteFailure(one, now: start)
        }
        #expect(!limiter.mayTry(one, now: start))
        #expect(!limiter.mayTry(one, now: start + .milliseconds(2999)))
        #expect(limiter.mayTry(one, now: start + .seconds(3)))
        limiter.noteFailure(one, now: start + .seconds(3))
        #expect(!limiter.mayTry(one, now: start + .seconds(3)))
        #expect(limiter.mayTry(one, now: start + .seconds(60)))
    }

    @Test func `one token does not count for another`() {
        var limiter = FailureLimiterState()
        for _ in 0..<100 { limiter.noteFailure(one, now: start) }
        #expect(!limiter.mayTry(one, now: start))
        #expect(limiter.mayTry(other, now: start))
    }

    @Test func `failures while it is empty do not make the wait longer`() {
        var limiter = FailureLimiterState()
        for _ in 0..<1000 { limiter.noteFailure(one, now: start) }
        #expect(limiter.mayTry(one, now: start + .seconds(3)))
    }

    @Test func `it remembers the latest, and never too many`() {
        var limits = FailureLimiterState.Limits()
        limits.tokensMax = 10
        var limiter = FailureLimiterState(limits: limits)
        for number: UInt8 in 0..<200 {
            for _ in 0..<20 { limiter.noteFailure([number], now: start) }
            #expect(limiter.count <= 10)
            #expect(!limiter.mayTry([number], now: start))
        }
        #expect(!limiter.mayTry([196], now: start))
        #expect(limiter.mayTry([0], now: start))
    }
}

import Testing

@testable import TuskAPI

struct FailureLimiterStateTests {
    private let start = ContinuousClock.now

    @Test func `an address may fail so often in a row, and then once per refill`() {
        var limiter = FailureLimiterState()
        for _ in 0..<20 {
            #expect(limiter.mayTry("a", now: start))
            limiter.noteFailure("a", now: start)
        }
        #expect(!limiter.mayTry("a", now: start))
        #expect(!limiter.mayTry("a", now: start + .milliseconds(2999)))
        #expect(limiter.mayTry("a", now: start + .seconds(3)))
        limiter.noteFailure("a", now: start + .seconds(3))
        #expect(!limiter.mayTry("a", now: start + .seconds(3)))
        #expect(limiter.mayTry("a", now: start + .seconds(60)))
    }

    @Test func `one address does not count for another`() {
        var limiter = FailureLimiterState()
        for _ in 0..<100 { limiter.noteFailure("a", now: start) }
        #expect(!limiter.mayTry("a", now: start))
        #expect(limiter.mayTry("b", now: start))
    }

    @Test func `failures while it is empty do not make the wait longer`() {
        var limiter = FailureLimiterState()
        for _ in 0..<1000 { limiter.noteFailure("a", now: start) }
        #expect(limiter.mayTry("a", now: start + .seconds(3)))
    }

    @Test func `addresses beyond the limit share one bucket`() {
        var limits = FailureLimiterState.Limits()
        limits.addressesMax = 10
        var limiter = FailureLimiterState(limits: limits)
        for number in 0..<200 { limiter.noteFailure("address \(number)", now: start) }
        #expect(limiter.count <= 11)
        #expect(!limiter.mayTry("another", now: start))
        #expect(limiter.mayTry("address 0", now: start))
        limiter.noteFailure("much later", now: start + .seconds(600))
        #expect(limiter.count == 1)
    }
}

import Testing

@testable import TuskHTTP

struct StallClockTests {
    private static let second = Int64(1_000_000_000)

    @Test func `bytes excuse time at the given rate`() {
        var clock = StallClock()
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == nil)
        clock.start(0)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 30 * Self.second)
        clock.add(10 * 1024, 20 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 40 * Self.second)
    }

    @Test func `a fast start does not excuse a long silence`() {
        var clock = StallClock()
        clock.start(0)
        clock.add(100_000_000, 5 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 35 * Self.second)
    }

    @Test func `time in which this side is slow does not count`() {
        var clock = StallClock()
        clock.start(0)
        clock.pause(10 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == nil)
        clock.resume(110 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 130 * Self.second)
        clock.stop()
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == nil)
    }
}

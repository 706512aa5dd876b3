import Testing
import TuskCore

struct JitterTests {
    private func due(_ name: String, _ second: Int64, next: Int64?, jitter: Duration) -> Int64 {
        let planned = Timestamp(microseconds: second * 1_000_000)
        let next = next.map { Timestamp(microseconds: $0 * 1_000_000) }
        return Jitter.due(name, planned: planned, next: next, longest: jitter).microseconds - planned.microseconds
    }

    @Test func `without jitter a tick fires at its planned time`() {
        #expect(due("a", 1_000_000, next: 1_000_060, jitter: .zero) == 0)
    }

    @Test func `the delay is within the jitter, before the next tick, and spread`() {
        var delays: [Int64] = []
        for minute in Int64(0)..<1000 {
            let delay = due("nightly", minute * 60, next: minute * 60 + 60, jitter: .seconds(10))
            #expect((0..<10_000_000).contains(delay) && delay % 1000 == 0)
            #expect(due("nightly", minute * 60, next: minute * 60 + 5, jitter: .seconds(10)) < 5_000_000)
            delays.append(delay)
        }
        // The mean of 1,000 even draws from 0 to 10 s is 5 s, give or take 0.09 s.
        #expect((4_500_000...5_500_000).contains(delays.reduce(0, +) / 1000))
    }

    @Test func `the same tick has the same delay, and other schedules have others`() {
        let first = due("a", 1_700_000_000, next: nil, jitter: .seconds(3600))
        #expect(due("a", 1_700_000_000, next: nil, jitter: .seconds(3600)) == first)
        #expect(due("b", 1_700_000_000, next: nil, jitter: .seconds(3600)) != first)
        #expect(due("a", 1_700_000_060, next: nil, jitter: .seconds(3600)) != first)
    }
}

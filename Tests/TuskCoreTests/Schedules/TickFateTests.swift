import Testing
import TuskCore

struct TickFateTests {
    /// The fates of three ticks in a row, with the last job alive or not before them.
    private func fates(_ policy: OverlapPolicy, isLastLive: Bool) -> [TickFate] {
        var state = TickFate.State(isLastLive: isLastLive, hasQueued: false)
        return (0..<3).map { _ in TickFate.next(policy, &state) }
    }

    @Test(arguments: [
        (OverlapPolicy.allow, [TickFate.fires(cancelsLast: false), .fires(cancelsLast: false)]),
        (.skip, [.fires(cancelsLast: false), .skipped]),
        (.queueOne, [.fires(cancelsLast: false), .queued]),
        (.cancelPrevious, [.fires(cancelsLast: false), .fires(cancelsLast: true)]),
    ])
    func `the first of a row fires, and the next finds its job alive`(policy: OverlapPolicy, expected: [TickFate]) {
        #expect(Array(fates(policy, isLastLive: false).prefix(2)) == expected)
    }

    @Test(arguments: [
        (OverlapPolicy.allow, TickFate.fires(cancelsLast: false)), (.skip, .skipped), (.queueOne, .queued),
        (.cancelPrevious, .fires(cancelsLast: true)),
    ])
    func `while the last job lives the policy decides`(policy: OverlapPolicy, expected: TickFate) {
        #expect(fates(policy, isLastLive: true).first == expected)
    }

    @Test func `at most one tick waits`() {
        #expect(fates(.queueOne, isLastLive: true) == [.queued, .skipped, .skipped])
    }

    @Test(arguments: [(false, false, false), (false, true, true), (true, false, false), (true, true, false)])
    func `a tick that waits fires when the last job has ended`(isLastLive: Bool, hasQueued: Bool, releases: Bool) {
        var state = TickFate.State(isLastLive: isLastLive, hasQueued: hasQueued)
        #expect(TickFate.releasesQueued(&state) == releases)
        #expect(state.isLastLive == (isLastLive || releases))
        #expect(state.hasQueued == (hasQueued && !releases))
    }
}

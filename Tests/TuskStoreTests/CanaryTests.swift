import TestSupport
import Testing
import TuskCore
import TuskStore

/// The first jobs of an operation, which decide whether the others follow.
@Suite struct CanaryTests {
    /// Discards ten jobs, asks for an operation that retries two first, and runs those with these verdicts.
    private static func withCanary(
        percent: Int,
        _ verdicts: [Verdict],
        _ body: @Sendable (StoreFixture, OperationRecord) throws -> Void
    ) async throws {
        try await withStore { store in
            try store.discard(Array(repeating: "a", count: 10), reason: "attempts")
            let canary = try #require(Canary(count: 2, failedPercentMax: percent))
            let made = try store.operation(FailureFilter(kind: "noop"), canary: canary)
            #expect(made.state == .canary && made.canary == canary)
            #expect(try store.session.runOperation().done == 2)
            let worker = try store.worker()
            for (job, verdict) in zip(try store.claim(worker), verdicts) {
                _ = try store.settle([job], verdict, worker)
            }
            try store.due(made)
            let round = try store.session.runOperation()
            #expect(round.done == 0 && round.id == made.id)
            try body(store, try #require(try store.session.operation(made.id)))
        }
    }

    @Test func `while the first run nothing follows`() async throws {
        try await Self.withCanary(percent: 0, [.complete]) { store, operation in
            #expect(operation.state == .canary && operation.done == 2 && operation.canaryFailed == 0)
            let next = try store.session.runOperation()
            #expect(next.id == nil, "it looks again in a second")
        }
    }

    @Test func `when the first are well the others follow`() async throws {
        try await Self.withCanary(percent: 0, [.complete, .complete]) { store, operation in
            #expect(operation.state == .running)
            let next = try store.session.runOperation()
            #expect(next.done == 8)
            let done = try #require(try store.session.operation(operation.id))
            #expect(done.state == .completed && done.done == 10 && done.canaryFailed == 0)
        }
    }

    @Test(arguments: [Verdict.discard, .retry(after: .seconds(60))])
    func `when too many of the first fail again, also in an attempt that is not the last, it stops`(
        verdict: Verdict
    ) async throws {
        try await Self.withCanary(percent: 49, [verdict]) { store, operation in
            #expect(operation.state == .stopped && operation.canaryFailed == 1 && operation.endedAt != nil)
            let next = try store.session.runOperation()
            #expect(next.id == nil)
            let left = try store.session.errorGroups(max: 1).groups[0].count
            #expect(left >= 8)
        }
    }

    @Test func `as many failures as are allowed do not stop it`() async throws {
        try await Self.withCanary(percent: 50, [.discard, .complete]) { store, operation in
            #expect(operation.state == .running && operation.canaryFailed == 1)
            let next = try store.session.runOperation()
            #expect(next.done == 8)
        }
    }

    @Test func `an operation with fewer jobs than its canary ends with them`() async throws {
        try await withStore { store in
            try store.discard(["a"], reason: "attempts")
            let made = try store.operation(FailureFilter(kind: "noop"), canary: Canary(count: 5))
            #expect(try store.session.runOperation().done == 1)
            #expect(try store.session.operation(made.id)?.state == .completed)
        }
    }
}

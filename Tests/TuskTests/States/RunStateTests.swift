import Testing
import TuskCore

@testable import Tusk

@Suite struct RunStateTests {
    private let start = ContinuousClock.now
    private let grace = Duration.seconds(5)

    @Test func `a run that nobody stops ends by itself, once`() {
        var run = RunState()
        #expect(run.end() == .settled(nil))
        #expect(run.end() == .abandoned)
        #expect(run.stop(.timeout, at: start) == false)
    }

    @Test func `a run is told to stop at its deadline and given up after the grace`() {
        var run = RunState()
        let deadline = start.advanced(by: .seconds(10))
        #expect(run.alarm(at: start, deadline: deadline, grace: grace) == .none)
        #expect(run.alarm(at: deadline, deadline: deadline, grace: grace) == .stop)
        #expect(run.stop(.timeout, at: deadline) == true)
        let over = deadline.advanced(by: grace)
        #expect(run.alarm(at: over.advanced(by: .milliseconds(-1)), deadline: deadline, grace: grace) == .none)
        #expect(run.alarm(at: over, deadline: deadline, grace: grace) == .abandon(.timeout))
        #expect(run.abandon() == true)
        #expect(run.end() == .abandoned)
    }

    @Test(arguments: StopCause.allCases, StopCause.allCases)
    func `the first cause counts, but for a lost lease`(_ first: StopCause, _ second: StopCause) {
        var run = RunState()
        #expect(run.stop(first, at: start) == true)
        #expect(run.stop(second, at: start.advanced(by: .seconds(1))) == false)
        #expect(run.isStopping)
        #expect(run.end() == .settled(second == .fence ? .fence : first))
    }

    @Test func `the grace counts from the first time it was told`() {
        var run = RunState()
        _ = run.stop(.drain, at: start)
        _ = run.stop(.fence, at: start.advanced(by: .seconds(4)))
        let later = start.advanced(by: .seconds(5))
        #expect(run.alarm(at: later, deadline: later, grace: grace) == .abandon(.fence))
    }

    @Test func `reports are heard until the lease is lost or the run is over`() {
        var run = RunState()
        #expect(!run.hasReported)
        #expect(run.nextLogLine() == 1)
        _ = run.stop(.timeout, at: start)
        #expect(run.nextLogLine() == 2)
        _ = run.stop(.fence, at: start)
        #expect(run.nextLogLine() == nil)
        #expect(run.report() == false)
        var ended = RunState()
        _ = ended.end()
        #expect(ended.nextLogLine() == nil)
    }
}

@Suite struct EndingTests {
    private struct Broken: Error {}

    private static let success = Result<Void, any Error>.success(())

    @Test func `a handler's own end counts when nobody told it to stop`() throws {
        let result = try JSONText(validating: Array("1".utf8))
        #expect(end(Self.success, nil, result) == .returned(result: result))
        #expect(end(.failure(Broken()), nil) == .failed(error: "Broken()"))
        #expect(end(.failure(UndecodableArgs(text: "no")), nil) == .undecodable(error: "no"))
        #expect(
            end(.failure(JobDirective.retry(after: .seconds(3), reason: "busy")), nil)
                == .retry(after: .seconds(3), error: "busy")
        )
        #expect(end(.failure(JobDirective.snooze(for: .seconds(3))), nil) == .snooze(after: .seconds(3)))
        #expect(end(.failure(JobDirective.discard(reason: "gone")), nil) == .discard(reason: "gone"))
        #expect(end(.failure(JobDirective.cancel(reason: "unwanted")), nil) == .cancel(reason: "unwanted"))
    }

    @Test func `what a stopped handler returns does not count`() {
        #expect(end(Self.success, .timeout) == .timedOut)
        #expect(end(Self.success, .drain) == .givenBack)
        #expect(end(.failure(Broken()), .drain) == .givenBack)
        #expect(end(Self.success, .operatorCancel) == .cancel(reason: "told to stop"))
        #expect(end(Self.success, .fence) == .leaseLost)
    }

    @Test func `a stopped handler may still say what becomes of its job, unless the job is not its own any more`() {
        let snooze = Result<Void, any Error>.failure(JobDirective.snooze(for: .seconds(1)))
        #expect(end(snooze, .timeout) == .snooze(after: .seconds(1)))
        #expect(end(snooze, .drain) == .snooze(after: .seconds(1)))
        #expect(end(snooze, .operatorCancel) == .cancel(reason: "told to stop"))
        #expect(end(snooze, .fence) == .leaseLost)
    }

    private func end(
        _ end: Result<Void, any Error>,
        _ told: StopCause?,
        _ result: JSONText? = nil
    ) -> AttemptEnd {
        Ending.attemptEnd(end, told: told, result: result)
    }
}

import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import Tusk

extension WorkerTests {
    /// Fair shares as a worker keeps them; no scheduler helps.
    @Suite struct FairShareTests {
        @Test func `a few jobs of one key do not wait for the many of another, and no slot stays idle`() async throws {
            let log = StartLog()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("fair") { context in log.during(context.tags) { Pausing.block(StartLog.milliseconds) } }
            }
            try await withWorker(.test { $0.concurrency = 10 }, register: register) { bench in
                try bench.enqueue(fair: "many", count: 400)
                try bench.signal()
                try await eventually { log.starts(of: "many").count >= 40 }
                let moment = ContinuousClock.now
                try bench.enqueue(fair: "few", count: 10)
                try bench.signal()
                try await eventually(within: .seconds(30)) { log.starts(of: "few").count == 10 }
                let longest = log.starts(of: "few").map { moment.duration(to: $0) }.max() ?? .zero
                // Every second turn is theirs, so the tenth starts two lengths after the first.
                #expect(longest < .milliseconds(StartLog.milliseconds * 4), "one of the few waited \(longest)")
                #expect(log.starts(of: "many").count < 200)
                try await eventually(within: .seconds(30)) { try bench.unfinishedCount() == 0 }
                #expect(log.most == 10)
            }
        }
    }
}

/// When jobs started, by their tag, and how many ran at once.
private final class StartLog: Sendable {
    /// How long a job takes.
    static let milliseconds = 40

    private struct State {
        var starts: [String: [ContinuousClock.Instant]] = [:]
        var now = 0
        var most = 0
    }

    private let state = Mutex(State())

    var most: Int { state.withLock { $0.most } }

    func starts(of key: String) -> [ContinuousClock.Instant] { state.withLock { $0.starts[key, default: []] } }

    func during(_ tags: [String], _ body: () -> Void) {
        state.withLock { state in
            state.starts[tags.first ?? "", default: []].append(.now)
            state.now += 1
            state.most = max(state.most, state.now)
        }
        body()
        state.withLock { $0.now -= 1 }
    }
}

extension WorkerBench {
    fileprivate func enqueue(fair key: String, count: Int) throws {
        let job = try NewJob(kind: "fair", tags: [try #require(Tag(key))], fairKey: FairKey(key))
        try store.withSession { session throws(StoreError) in
            _ = try session.enqueue(Array(repeating: job, count: count))
        }
    }
}

import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import Tusk

extension WorkerTests {
    /// Order keys as workers keep them; no scheduler helps.
    @Suite struct OrderTests {
        private struct Log: Sendable {
            var running: Set<String> = []
            var seen: [String: [String]] = [:]
            var overlaps = 0
        }

        @Test func `two workers run the jobs of each key one at a time and in order`() async throws {
            let log = Mutex(Log())
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("step") { context in
                    let (key, number) = (context.tags[0], context.tags[1])
                    log.withLock { log in
                        if !log.running.insert(key).inserted { log.overlaps += 1 }
                        log.seen[key, default: []].append(number)
                    }
                    Pausing.block(1)
                    log.withLock { _ = $0.running.remove(key) }
                }
            }
            try await withWorker(register: register) { bench in
                let other = try Worker(.test { _ in }, store: bench.database.store())
                register(other)
                other.start()
                for number in 0..<10 {
                    let jobs = try (0..<12).map { key in
                        let tags = ["k\(key)", "\(number)"].compactMap { Tag($0) }
                        return try NewJob(kind: "step", tags: tags, order: JobOrder("k\(key)"))
                    }
                    try bench.store.withSession { session throws(StoreError) in _ = try session.enqueue(jobs) }
                }
                try bench.signal()
                try await eventually(within: .seconds(30)) { try bench.unfinishedCount() == 0 }
                await other.stop()
                let result = log.withLock(\.self)
                #expect(result.overlaps == 0)
                #expect(result.seen.count == 12)
                for (key, numbers) in result.seen { #expect(numbers == (0..<10).map(String.init), "\(key)") }
            }
        }
    }
}

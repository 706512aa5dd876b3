import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import Tusk

extension WorkerTests {
    /// Slots that only urgent jobs may use.
    @Suite struct ReserveTests {
        @Test func `jobs that are not urgent leave the reserved slots free, and use all others`() async throws {
            let slow = Gate.Many()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("slow") { _ in slow.wait() }
                worker.register("noop") { _ in }
            }
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 4
                $0.reservedSlots = 2
            }
            try await withWorker(configuration, register: register) { bench in
                try bench.enqueue("slow", count: 6, priority: 3)
                try await eventually("two run") { bench.worker.status.busySlots == 2 }
                // Urgent ones find slots at once and are done while the others hold theirs.
                for round in 0..<3 {
                    let urgent = try bench.enqueue("noop", count: 5, priority: 2)
                    for id in urgent { try await bench.wait(for: id, to: .completed) }
                    #expect(bench.worker.status.busySlots == 2, "round \(round)")
                    #expect(try bench.count("ready", where: "kind = 'slow'") == 4, "none of them was prefetched")
                }
                for _ in 0..<6 { slow.signal() }
                try await eventually("all are done") { try bench.unfinishedCount() == 0 }
                #expect(try bench.count("outcome", where: "state = 'completed'") == 21)
            }
        }

        @Test func `urgent jobs may hold all slots`() async throws {
            let gate = Gate.Many()
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 3
                $0.reservedSlots = 1
            }
            try await withWorker(configuration, register: { $0.register("slow") { _ in gate.wait() } }) { bench in
                try bench.enqueue("slow", count: 3, priority: 0)
                try await eventually("all run") { bench.worker.status.busySlots == 3 }
                for _ in 0..<3 { gate.signal() }
                try await eventually("all are done") { try bench.unfinishedCount() == 0 }
            }
        }

        @Test(arguments: [(-1, 4), (4, 4), (1, 1)])
        func `a worker without a slot for the others is refused`(_ reserved: Int, _ concurrency: Int) throws {
            var configuration = WorkerConfiguration()
            configuration.concurrency = concurrency
            configuration.reservedSlots = reserved
            #expect(configuration.fault == "reserved slots must be fewer than there are slots")
        }
    }
}

extension WorkerBench {
    @discardableResult
    fileprivate func enqueue(_ kind: String, count: Int, priority: Int16) throws -> [JobID] {
        let job = try NewJob.test(kind, priority: priority)
        let ids = try store.withSession { session throws(StoreError) in
            try session.enqueue(Array(repeating: job, count: count)).map(\.id)
        }
        try signal()
        return ids
    }
}

import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct TimeoutTests {
        private let policy = HandlerPolicy(retry: .fixed(delay: .seconds(3600)), timeout: .milliseconds(300))

        @Test func `a handler that listens is told to stop in time, and its job is retried`() async throws {
            let told = Box<[Duration]>([])
            try await withWorker(register: { worker in
                worker.register("slow", policy: policy) { context in
                    let start = ContinuousClock.now
                    while !context.isCancelled { Pausing.block(5) }
                    told.change { $0.append(start.duration(to: .now)) }
                    try context.checkCancelled()
                }
            }) { bench in
                let id = try bench.enqueue(.test("slow"))[0]
                try await bench.wait(for: id, to: .retryable)
                #expect(try bench.job(id)?.attempt == 1)
                let time = try #require(told.value.first)
                #expect((Duration.milliseconds(300) ... .seconds(1)).contains(time))
                let past = try bench.store.withSession { session throws(StoreError) in try session.attempts(of: id) }
                #expect(past.first?.error == "not done within 300ms")
                #expect(bench.events.stuckSlots == 0)
            }
        }

        @Test func `an async handler is woken by its task's cancellation`() async throws {
            try await withWorker(register: { worker in
                worker.register("slow", policy: policy) { _ in
                    try await Task.sleep(for: .seconds(60))
                }
            }) { bench in
                let id = try bench.enqueue(.test("slow", maxAttempts: 1))[0]
                try await bench.wait(for: id, to: .discarded)
                #expect(try bench.job(id)?.reason == "attempts")
                #expect(bench.events.stuckSlots == 0)
            }
        }

        @Test func `jobs after a cancelled one in the same slot are not cancelled`() async throws {
            let cancelled = Box(0)
            try await withWorker(
                .test { $0.concurrency = 1 },
                register: { worker in
                    worker.register("slow", policy: policy) { _ in try await Task.sleep(for: .seconds(60)) }
                    worker.register("noop") { _ in
                        if Task.isCancelled { cancelled.change { $0 += 1 } }
                    }
                }
            ) { bench in
                try bench.enqueue(.test("slow", maxAttempts: 1))
                try bench.enqueue(count: 50)
                try await eventually { try bench.unfinishedCount() == 0 }
                #expect(cancelled.value == 0)
            }
        }

        @Test func `a handler that ignores it is given up in time, and another slot takes its place`() async throws {
            let isOver = Box(false)
            try await withWorker(
                .test { $0.concurrency = 1 },
                register: { worker in
                    worker.register("spin", policy: policy) { _ in
                        Pausing.spin(for: .seconds(30)) { isOver.value }
                    }
                    worker.register("noop") { _ in }
                }
            ) { bench in
                let start = ContinuousClock.now
                let id = try bench.enqueue(.test("spin", maxAttempts: 1))[0]
                let noops = try bench.enqueue(count: 10)
                try await bench.wait(for: id, to: .discarded)
                // 300 ms, as much of grace, two ticks, and what a busy machine adds.
                #expect(start.duration(to: .now) < .seconds(2.5))
                try await bench.wait(for: noops[9], to: .completed)
                #expect(bench.worker.status.stuckSlots == 1)
                #expect(bench.worker.status.slots == 1)
                #expect(bench.worker.status.isHealthy)
                isOver.change { $0 = true }
                try await eventually { bench.worker.status.stuckSlots == 0 }
                #expect(try bench.state(id) == .discarded)
                #expect(bench.events.leasesLost.isEmpty, "what it returned at last is not even sent")
            }
        }

        @Test func `with too many stuck handlers the worker calls itself unhealthy`() async throws {
            let isOver = Box(false)
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 2
                $0.stuckSlotsMax = 1
            }
            try await withWorker(
                configuration,
                register: { worker in
                    worker.register("spin", policy: policy) { _ in
                        Pausing.spin(for: .seconds(30)) { isOver.value }
                    }
                }
            ) { bench in
                try bench.enqueue(count: 2, kind: "spin")
                try await eventually { !bench.worker.status.isHealthy }
                #expect(bench.worker.status.slots < 2)
                isOver.change { $0 = true }
                try await eventually { bench.worker.status.isHealthy && bench.worker.status.slots == 2 }
            }
        }
    }
}

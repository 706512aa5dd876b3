import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct ConcurrencyTests {
        @Test func `64 slots that block for 100 ms do at least 400 jobs a second, and the heart beats on`() async throws
        {
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 64
                $0.leaseTime = .milliseconds(600)
            }
            try await withWorker(configuration, register: { $0.register("block") { _ in Pausing.block(100) } }) {
                bench in
                try bench.enqueue(count: 64, kind: "block")
                try await eventually { try bench.unfinishedCount() == 0 }
                let start = ContinuousClock.now
                try bench.enqueue(count: 1200, kind: "block")
                try bench.signal()
                try await eventually(within: .seconds(20)) { try bench.unfinishedCount() == 0 }
                let seconds = start.duration(to: .now) / .seconds(1)
                print("64 slots x 100 ms: \(Int(1200 / seconds)) jobs/s")
                #expect(1200 / seconds >= 400)
                #expect(bench.events.fences.isEmpty)
                #expect(bench.events.registrations.count == 1)
            }
        }

        @Test func `handlers that burn every slot for three lease times lose no lease`() async throws {
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 8
                $0.leaseTime = .milliseconds(600)
            }
            try await withWorker(
                configuration,
                register: { worker in
                    worker.register("spin") { _ in Pausing.spin(for: .milliseconds(1800)) }
                }
            ) { bench in
                try bench.enqueue(count: 8, kind: "spin")
                try await eventually { bench.worker.status.busySlots == 8 }
                try await eventually(within: .seconds(20)) {
                    try bench.rescue()
                    return try bench.unfinishedCount() == 0
                }
                #expect(bench.events.fences.isEmpty)
                #expect(bench.events.leasesLost.isEmpty)
                #expect(try bench.count("outcome", where: "state = 'completed' and attempt = 1") == 8)
            }
        }

        @Test func `slow jobs behind quick ones get all slots within moments`() async throws {
            let gate = Gate()
            try await withWorker(
                register: { worker in
                    worker.register("noop") { _ in }
                    worker.register("hold") { _ in gate.pass() }
                }
            ) { bench in
                // After quick jobs few slots are awake; slow ones hold these, and nobody takes the rest.
                try bench.enqueue(count: 3000)
                try bench.enqueue(count: 8, kind: "hold")
                try bench.signal()
                try await eventually { gate.arrived > 0 }
                try await eventually(within: .seconds(1)) { gate.arrived == 8 }
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
            }
        }

        @Test func `quick jobs go on at once while long ones hold most slots`() async throws {
            let gate = Gate()
            let quick = Gate.Many()
            try await withWorker(
                register: { worker in
                    worker.register("noop") { _ in quick.signal() }
                    worker.register("hold") { _ in gate.pass() }
                }
            ) { bench in
                try await eventually { bench.worker.status.isListening }
                try bench.enqueue(count: 7, kind: "hold")
                try bench.signal()
                try await eventually { gate.arrived == 7 }
                let start = ContinuousClock.now
                for _ in 0..<100 {
                    try bench.enqueue(count: 20)
                    try bench.signal()
                    for _ in 0..<20 { quick.wait() }
                }
                print("20 quick jobs beside 7 long ones: \(start.duration(to: .now) / 100) from the enqueue on")
                #expect(start.duration(to: .now) < .seconds(20))
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
            }
        }

        @Test func `a worker whose slots turn out slow gives back what it claimed too much`() async throws {
            let gate = Gate()
            let configuration = WorkerConfiguration.test { $0.concurrency = 2 }
            try await withWorker(
                configuration,
                register: { worker in
                    worker.register("noop") { _ in }
                    worker.register("hold") { _ in gate.pass() }
                }
            ) { bench in
                // Quick jobs first, so that many are claimed ahead; then those that hold every slot.
                try bench.enqueue(count: 300)
                try bench.enqueue(count: 2, kind: "hold")
                let behind = try bench.enqueue(count: 400)
                try bench.signal()
                try await eventually { gate.arrived == 2 && bench.worker.status.queuedJobs > 0 }
                try await eventually { bench.worker.status.queuedJobs == 0 }
                try await bench.wait(for: behind[399], to: .available)
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
                #expect(try bench.count("outcome", where: "attempt = 1") == 702)
            }
        }

        @Test func `two workers run each of 10,000 jobs exactly once`() async throws {
            let runs = Box<[JobID: Int]>([:])
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("noop") { context in runs.change { $0[context.id, default: 0] += 1 } }
            }
            try await withWorker(.test { $0.concurrency = 16 }, register: register) { bench in
                let other = try Worker(.test { $0.concurrency = 16 }, store: bench.database.store())
                register(other)
                other.start()
                let ids = try bench.enqueue(count: 10_000)
                try bench.signal()
                try await eventually(within: .seconds(30)) { try bench.unfinishedCount() == 0 }
                await other.stop()
                #expect(Set(runs.value.keys) == Set(ids))
                #expect(runs.value.values.allSatisfy { $0 == 1 })
                #expect(try bench.count("outcome", where: "state = 'completed'") == 10_000)
                #expect(try bench.count("lease") == 0)
            }
        }
    }
}

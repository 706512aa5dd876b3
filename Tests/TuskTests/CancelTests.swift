import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct CancelTests {
        @Test(arguments: ["listens", "returns as if it was done"])
        func `a running handler hears of a cancel within a second or so, and its result is rejected`(
            _ behaviour: String
        ) async throws {
            let heardAfter = Box<[Duration]>([])
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("long") { context in
                    let start = ContinuousClock.now
                    while !context.isCancelled, start.duration(to: .now) < .seconds(20) { Pausing.block(5) }
                    heardAfter.change { $0.append(start.duration(to: .now)) }
                    try context.setResult(.emptyObject)
                    if behaviour == "listens" { try context.checkCancelled() }
                }
            }
            try await withWorker(register: register) { bench in
                let id = try bench.enqueue(.test("long"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                #expect(try bench.cancel(id) == .cancelling)
                let start = ContinuousClock.now
                try await bench.wait(for: id, to: .cancelled)
                #expect(start.duration(to: .now) < .seconds(2))
                #expect(heardAfter.value.count == 1)
                let job = try #require(try bench.job(id))
                #expect(job.result == nil)
                #expect(job.reason == "operator")
            }
        }

        @Test func `a job that is cancelled while it waits in the process does not start`() async throws {
            let (gate, started) = (Gate(), Box<[JobID]>([]))
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("hold") { _ in gate.pass() }
                worker.register("noop") { context in started.change { $0.append(context.id) } }
            }
            try await withWorker(.test { $0.concurrency = 1 }, register: register) { bench in
                try bench.enqueue(count: 200)
                try bench.enqueue(count: 1, kind: "hold")
                let behind = try bench.enqueue(count: 200)
                try bench.signal()
                try await eventually { gate.arrived == 1 && bench.worker.status.queuedJobs > 0 }
                let victim = behind[0]
                let answer = try bench.cancel(victim)
                try await bench.wait(for: victim, to: .cancelled)
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
                #expect(answer == .cancelling || answer == .cancelled)
                #expect(!started.value.contains(victim))
            }
        }

        @Test func `a handler that ignores a cancel loses its slot after the grace`() async throws {
            let isOver = Box(false)
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("deaf") { _ in Pausing.spin(for: .seconds(30)) { isOver.value } }
            }
            try await withWorker(.test { $0.concurrency = 1 }, register: register) { bench in
                let id = try bench.enqueue(.test("deaf"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                #expect(try bench.cancel(id) == .cancelling)
                try await bench.wait(for: id, to: .cancelled)
                #expect(bench.worker.status.stuckSlots == 1)
                isOver.change { $0 = true }
            }
        }
    }
}

extension WorkerBench {
    /// Cancels a job as an operator does.
    func cancel(_ id: JobID) throws -> JobCommandAnswer {
        try store.withSession { session throws(StoreError) in
            try session.cancel(id, by: "anna", reason: nil)
        }
    }
}

import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct ClaimingTests {
        @Test func `kinds without a handler and queues of others are left alone`() async throws {
            try await withWorker(register: { $0.register("noop") { _ in } }) { bench in
                let strange = try bench.enqueue(.test("strange"))[0]
                let elsewhere = try bench.enqueue(.test(queue: "elsewhere"))[0]
                let own = try bench.enqueue(count: 20)
                for id in own { try await bench.wait(for: id, to: .completed) }
                #expect(try bench.state(strange) == .available)
                #expect(try bench.state(elsewhere) == .available)
            }
        }

        @Test func `a paused queue is left alone until it is resumed`() async throws {
            try await withWorker(
                .test { $0.queues = ["default", "mails"] },
                register: { worker in
                    worker.register("noop") { _ in }
                }
            ) { bench in
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.pause("mails", by: "anna", reason: nil)
                }
                let held = try bench.enqueue(.test(queue: "mails"))[0]
                let free = try bench.enqueue(count: 20)
                for id in free { try await bench.wait(for: id, to: .completed) }
                #expect(try bench.state(held) == .available)
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.resume("mails", by: "test")
                }
                try await bench.wait(for: held, to: .completed, within: .seconds(10))
            }
        }

        @Test func `a worker with a thousand queues finds the jobs of each and leaves others alone`() async throws {
            try await withWorker(
                .test { $0.queues = (0..<1000).compactMap { QueueName("queue-\($0)") } },
                register: { $0.register("noop") { _ in } }
            ) { bench in
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.pause("queue-7", by: "anna", reason: nil)
                }
                let elsewhere = try bench.enqueue(count: 2, queue: "a")
                let paused = try bench.enqueue(count: 2, queue: "queue-7")
                // More lanes than one claim names.
                let numbers = [999, 500] + Array(8..<408)
                for _ in 0..<2 {
                    let jobs = try numbers.map { try NewJob.test(queue: "queue-\($0)", priority: Int16($0 % 10)) }
                    try bench.store.withSession { session throws(StoreError) in _ = try session.enqueue(jobs) }
                }
                try await eventually(within: .seconds(10)) { try bench.unfinishedCount() == 4 }
                for id in elsewhere + paused { #expect(try bench.state(id) == .available) }
            }
        }

        @Test func `urgent jobs run first, then in the order they came`() async throws {
            let order = Box<[JobID]>([])
            let gate = Gate()
            try await withWorker(
                .test { $0.concurrency = 1 },
                register: { worker in
                    worker.register("gate") { _ in gate.pass() }
                    worker.register("noop") { context in order.change { $0.append(context.id) } }
                }
            ) { bench in
                try bench.enqueue(.test("gate"))
                try await eventually { bench.worker.status.busySlots == 1 }
                let late = try bench.enqueue(.test(priority: 7), .test(priority: 7))
                let normal = try bench.enqueue(count: 5)
                let urgent = try bench.enqueue(.test(priority: 0))
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
                #expect(order.value == urgent + normal + late)
            }
        }

        @Test func `a claim is bounded by the bytes of args`() async throws {
            let gate = Gate()
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 16
                $0.claimBytesMax = 100_000
            }
            try await withWorker(configuration, register: { $0.register("big") { _ in gate.pass() } }) { bench in
                let args = "\"" + String(repeating: "x", count: 40_000) + "\""
                try bench.enqueue(count: 12, kind: "big", args: args)
                try await eventually { bench.worker.status.busySlots == 12 }
                #expect(try bench.database.number("select max(cardinality(ids)) from tusk.lease") == 3)
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
            }
        }

        @Test func `jobs of a transactional handler have a lease each`() async throws {
            let gate = Gate()
            try await withWorker(register: { worker in
                worker.register("apart", policy: HandlerPolicy(isTransactional: true)) { _ in gate.pass() }
            }) { bench in
                try bench.enqueue(count: 6, kind: "apart")
                try await eventually { bench.worker.status.busySlots == 6 }
                #expect(try bench.count("lease", where: "cardinality(ids) = 1") == 6)
                gate.open()
                try await eventually { try bench.unfinishedCount() == 0 }
            }
        }

        @Test func `of jobs that lost a lease only one runs at a time`() async throws {
            let (running, most) = (Box(0), Box(0))
            try await withDatabase(.migrated) { database in
                let session = try database.storeSession()
                // A worker that claims and is never heard of again.
                let dead = WorkerRecord(
                    id: .random(),
                    processID: 1,
                    host: "",
                    version: "",
                    slots: 8,
                    leaseTime: .milliseconds(1),
                    queues: [.standard],
                    kinds: ["suspect"]
                )
                try session.register(dead)
                _ = try session.enqueue(Array(repeating: try .test("suspect"), count: 4))
                let lanes = [Lane(queue: .standard, priority: .standard, cursor: 0)]
                let claimed = try session.claim(
                    ClaimRequest(worker: dead.id, lanes: lanes, kinds: ["suspect"], jobsMax: 4)
                )
                #expect(claimed.jobs.count == 4)
                try await eventually { try session.rescue().jobsReturned == 4 }

                let worker = try Worker(.test, store: database.store())
                worker.register("suspect") { _ in
                    running.change { $0 += 1 }
                    most.change { $0 = max($0, running.value) }
                    Pausing.block(50)
                    running.change { $0 -= 1 }
                }
                worker.start()
                try await eventually(within: .seconds(10)) {
                    try database.number("select count(*) from tusk.outcome where state = 'completed'") == 4
                }
                await worker.stop()
                #expect(most.value == 1)
            }
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import Tusk

extension WorkerTests {
    @Suite struct SettlerFaultTests {
        @Test func `while no session can be opened an ended job waits with its result`() async throws {
            let gate = Gate()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("work") { context in
                    gate.pass()
                    try context.setResult(["done": true])
                }
            }
            try await withWorker(.test { $0.isListening = false }, register: register) { bench in
                let id = try bench.enqueue(.test("work"))[0]
                try await eventually { gate.arrived == 1 }
                let server = try TestServer.named().session()
                defer { server.close() }
                // Not transient: 55000, as after a mistake of an operator.
                try server.script("alter database \(bench.database.name) allow_connections false")
                try server.script(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = '\(bench.database.name)'"
                )
                gate.open()
                try await eventually { bench.worker.status.unsettledJobs == 1 && bench.failures(.settler) > 0 }
                try server.script("alter database \(bench.database.name) allow_connections true")
                try await bench.wait(for: id, to: .completed, within: .seconds(10))
                #expect(try bench.job(id)?.result?.text == #"{"done":true}"#)
                #expect(try bench.job(id)?.error == nil)
                #expect(bench.events.count { if case .settleRefused = $0 { true } else { false } } == 0)
            }
        }

        @Test func `what cannot be written for another reason than the data is kept until it can`() async throws {
            try await withWorker(register: { worker in
                worker.register("work") { context in try context.setResult(["done": true]) }
            }) { bench in
                // Not transient, and nobody's data: 42703.
                try bench.database.script("alter table tusk.outcome rename column result to gone")
                let ids = try bench.enqueue(count: 3, kind: "work")
                try await eventually { bench.worker.status.unsettledJobs == 3 && bench.failures(.settler) > 0 }
                try bench.database.script("alter table tusk.outcome rename column gone to result")
                for id in ids { try await bench.wait(for: id, to: .completed) }
                #expect(try bench.count("outcome", where: "result is not null and error is null") == 3)
            }
        }

        @Test func `a result beyond the limit is refused where it is set`() async throws {
            let refused = Box<[TuskError]>([])
            try await withWorker(register: { worker in
                worker.register("large") { context in
                    let most = JSONText(trusted: Array("\"\(String(repeating: "x", count: 65_534))\"".utf8))
                    let over = JSONText(trusted: Array("\"\(String(repeating: "x", count: 65_535))\"".utf8))
                    try context.setResult(most)
                    do throws(TuskError) {
                        try context.setResult(over)
                    } catch {
                        refused.change { $0.append(error) }
                    }
                }
            }) { bench in
                let id = try bench.enqueue(.test("large"))[0]
                try await bench.wait(for: id, to: .completed)
                #expect(refused.value == [.unencodable("a result of 65537 bytes, the most are 65536")])
                #expect(try bench.job(id)?.result?.bytes.count == 65_536)
            }
        }
    }

    @Suite struct HeldLeaseTests {
        /// Completes its job in a transaction of its own, and keeps that open until the gate is.
        private static func hold(_ context: JobContext, _ database: TestDatabase?, _ gate: Gate) throws {
            let session = try #require(try database?.session())
            defer { session.close() }
            try session.script("begin; select tusk.complete(\(context.id), \(context.lease))")
            gate.pass()
            try session.script("commit")
        }

        @Test func `a handler's open transaction does not keep the others from being settled`() async throws {
            let gate = Gate()
            let database = Box<TestDatabase?>(nil)
            let through: @Sendable (TestDatabase) throws -> Store = { mine in
                database.change { $0 = mine }
                return mine.store(sessionsMax: 1)
            }
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("work") { context in
                    guard context.priority == .standard else {
                        return Pausing.spin(for: .seconds(5)) { gate.arrived == 1 }
                    }
                    try Self.hold(context, database.value, gate)
                }
            }
            try await withWorker(.test { $0.concurrency = 4 }, through: through, register: register) { bench in
                // One lease for both: the second job ends while the first holds their row.
                let ids = try bench.enqueue(.test("work"), .test("work", priority: 6))
                try await eventually { gate.arrived == 1 }
                try await eventually { bench.events.heldLeases.count == 1 }
                for _ in 0..<3 {
                    let others = try bench.enqueue(count: 20, priority: 6)
                    for id in others { try await bench.wait(for: id, to: .completed) }
                }
                #expect(try bench.state(ids[1]) == .running)
                gate.open()
                for id in ids { try await bench.wait(for: id, to: .completed) }
                #expect(bench.events.leasesLost.isEmpty)
                #expect(bench.events.heldLeases.count == 1, "it is told once")
            }
        }

        @Test func `a handler's open transaction does not keep the others from being settled at the end`() async throws
        {
            let gate = Gate()
            let database = Box<TestDatabase?>(nil)
            let through: @Sendable (TestDatabase) throws -> Store = { mine in
                database.change { $0 = mine }
                return mine.store(sessionsMax: 1)
            }
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("hold", policy: HandlerPolicy(isTransactional: true)) { context in
                    try Self.hold(context, database.value, gate)
                }
                worker.register("long") { context in
                    // Deaf, so that all are given up together.
                    gate.pass()
                }
            }
            let configuration = WorkerConfiguration.test { $0.drainTimeout = .milliseconds(100) }
            try await withWorker(configuration, through: through, register: register) { bench in
                let held = try bench.enqueue(.test("hold"))[0]
                let others = try bench.enqueue(count: 3, kind: "long")
                try await eventually { gate.arrived == 4 }
                await bench.worker.stop()
                for id in others { #expect(try bench.state(id) == .available) }
                #expect(try bench.state(held) == .running)
                #expect(bench.worker.status.unsettledJobs == 1)
                gate.open()
                try await bench.wait(for: held, to: .completed)
            }
        }
    }
}

extension WorkerBench {
    /// How often a part of the worker lost the database.
    func failures(_ part: WorkerEvent.Part) -> Int {
        events.count { if case .databaseFailed(part, _) = $0 { true } else { false } }
    }

    /// Enqueues so many jobs of the kind `work` in a band.
    func enqueue(count: Int, priority: Int16) throws -> [JobID] {
        let job = try NewJob.test("work", priority: priority)
        return try store.withSession { session throws(StoreError) in
            try session.enqueue(Array(repeating: job, count: count))
        }.map(\.id)
    }
}

extension EventLog {
    /// Leases that were found held by somebody's transaction.
    var heldLeases: [LeaseNumber] {
        all.compactMap { if case .leaseHeld(let lease) = $0 { lease } else { nil } }
    }
}

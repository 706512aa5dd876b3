import TestSupport
import Testing
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

extension WorkerTests {
    @Suite struct DrainTests {
        @Test func `a drain gives back what has not started, at once and free of charge, and lets the rest end`()
            async throws
        {
            let gate = Gate()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("noop") { _ in }
                worker.register("hold") { _ in gate.pass() }
            }
            try await withWorker(.test { $0.concurrency = 2 }, register: register) { bench in
                try bench.enqueue(count: 300)
                let held = try bench.enqueue(count: 2, kind: "hold")
                let behind = try bench.enqueue(count: 300)
                try bench.signal()
                try await eventually { gate.arrived == 2 && bench.worker.status.queuedJobs > 0 }
                bench.worker.drain()
                try await eventually(within: .seconds(1)) {
                    try bench.count("ready", where: "attempt = 0 and interruptions = 0") == 300
                }
                #expect(try bench.state(behind[0]) == .available)
                #expect(try bench.database.texts("select state from tusk.worker") == ["draining"])
                #expect(try bench.state(held[0]) == .running)
                gate.open()
                await bench.worker.stop()
                for id in held { #expect(try bench.state(id) == .completed) }
                #expect(try bench.count("worker") == 0)
                #expect(try bench.count("lease") == 0)
                #expect(try bench.count("attempt", where: "ended <> 'given_back'") == 0)
            }
        }

        @Test func `handlers that outlast the drain are told to stop, and their jobs go back free of charge`()
            async throws
        {
            let told = Box(0)
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("long") { context in
                    while !context.isCancelled { Pausing.block(5) }
                    told.change { $0 += 1 }
                    try context.checkCancelled()
                }
            }
            try await withWorker(.test { $0.drainTimeout = .milliseconds(200) }, register: register) { bench in
                let ids = try bench.enqueue(count: 3, kind: "long")
                try await eventually { bench.worker.status.busySlots == 3 }
                let start = ContinuousClock.now
                await bench.worker.stop()
                #expect(start.duration(to: .now) < .seconds(1.2))
                #expect(told.value == 3)
                for id in ids {
                    let job = try #require(try bench.job(id))
                    #expect(job.state == .available)
                    #expect(job.attempt == 0)
                }
                #expect(bench.worker.status.hasEnded)
            }
        }

        @Test func `a second request grants no more time`() async throws {
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("long") { _ in try await Task.sleep(for: .seconds(60)) }
            }
            try await withWorker(.test { $0.drainTimeout = .seconds(30) }, register: register) { bench in
                let id = try bench.enqueue(.test("long"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                bench.worker.drain()
                #expect(!bench.worker.status.isWorking)
                let start = ContinuousClock.now
                bench.worker.drain()
                await bench.worker.stop()
                #expect(start.duration(to: .now) < .seconds(2))
                #expect(try bench.state(id) == .available)
            }
        }

        @Test(arguments: ["a deaf handler", "an unreachable database", "both"])
        func `stop returns within the grace and two seconds, whatever hangs`(_ trouble: String) async throws {
            let (proxy, isOver) = (Box<FaultProxy?>(nil), Box(false))
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                return database.store(through: fault)
            }
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("deaf") { _ in Pausing.spin(for: .seconds(30)) { isOver.value } }
                worker.register("hold") { _ in try await Task.sleep(for: .seconds(30)) }
            }
            let configuration = WorkerConfiguration.test { $0.drainTimeout = .milliseconds(300) }
            try await withWorker(configuration, through: through, register: register) { bench in
                try bench.enqueue(count: 1, kind: trouble == "an unreachable database" ? "hold" : "deaf")
                try await eventually { bench.worker.status.busySlots == 1 }
                if trouble != "a deaf handler" { proxy.value?.mode = .blackhole }
                let start = ContinuousClock.now
                await bench.worker.stop()
                #expect(start.duration(to: .now) < .milliseconds(2300))
                #expect(bench.worker.status.hasEnded)
                isOver.change { $0 = true }
                if trouble != "a deaf handler" { #expect(bench.worker.status.unsettledJobs == 1) }
            }
        }

        @Test func `it may be stopped before it starts, and any number of times`() async throws {
            try await withDatabase(.migrated) { database in
                let worker = try Worker(.test, store: database.store())
                await worker.stop()
                worker.start()
                #expect(!worker.status.isWorking)
                await worker.stop()
                let other = try Worker(.test, store: database.store())
                other.start()
                async let first: Void = other.stop()
                async let second: Void = other.stop()
                _ = await (first, second)
                #expect(other.status.hasEnded)
                try await eventually { try database.number("select count(*) from tusk.worker") == 0 }
            }
        }

        @Test func `a worker without a database starts, waits and stops`() async throws {
            let settings = ConnectionSettings(conninfo: try ConnectionString("host=127.0.0.1 port=1 dbname=none"))
            let worker = try Worker(.test, store: Store(settings))
            worker.register("noop") { _ in }
            worker.start()
            let start = ContinuousClock.now
            await worker.stop()
            #expect(start.duration(to: .now) < .seconds(2))
            #expect(worker.status.hasEnded)
        }
    }
}

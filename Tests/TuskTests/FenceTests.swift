import TestSupport
import Testing
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

extension WorkerTests {
    @Suite struct FenceTests {
        private let quick = WorkerConfiguration.test { $0.leaseTime = .milliseconds(600) }

        @Test func `a worker taken for dead stops its handlers and registers under a new id`() async throws {
            let (causes, lateResults) = (Box(0), Box(0))
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("long") { context in
                    guard context.attempt == 1, causes.value == 0 else { return }
                    while !context.isCancelled { Pausing.block(5) }
                    causes.change { $0 += 1 }
                    lateResults.change { $0 += 1 }
                    // As if it was done: nobody may believe it.
                    try context.setResult(.emptyObject)
                }
            }
            try await withWorker(quick, register: register) { bench in
                let id = try bench.enqueue(.test("long"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                try bench.database.script(
                    "update tusk.worker set heartbeat_at = now() - interval '1 hour'"
                )
                try bench.rescue()
                try await eventually { causes.value == 1 }
                try await eventually { bench.events.registrations.count == 2 }
                #expect(Set(bench.events.registrations).count == 2)
                #expect(bench.events.fences == [.rescued])
                // The rescued job runs again, alone, and completes under the new id.
                try bench.signal()
                try await bench.wait(for: id, to: .completed)
                #expect(try bench.job(id)?.worker == bench.events.registrations.last)
                #expect(try bench.job(id)?.result == nil)
                #expect(bench.events.leasesLost == [id])
            }
        }

        @Test func `a worker cut off from the database stops its handlers after two thirds of the lease`() async throws
        {
            let proxy = Box<FaultProxy?>(nil)
            let stoppedAfter = Box<[Duration]>([])
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                return database.store(through: fault)
            }
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("long") { context in
                    let start = ContinuousClock.now
                    while !context.isCancelled { Pausing.block(2) }
                    stoppedAfter.change { $0.append(start.duration(to: .now)) }
                    try context.checkCancelled()
                }
            }
            try await withWorker(.test { $0.leaseTime = .milliseconds(1500) }, through: through, register: register) {
                bench in
                let id = try bench.enqueue(.test("long"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                proxy.value?.mode = .blackhole
                let start = ContinuousClock.now
                try await eventually { !stoppedAfter.value.isEmpty }
                let time = start.duration(to: .now)
                // Two thirds of the lease, less the age of the last beat, plus a tick.
                #expect((.milliseconds(400) ... .milliseconds(1400)).contains(time))
                #expect(bench.events.fences == [.stale])
                proxy.value?.mode = .cut
                proxy.value?.mode = .pass
                try await eventually(within: .seconds(10)) { bench.events.registrations.count == 2 }
                // Nobody rescued it meanwhile, so it goes back without being marked as dangerous.
                try await eventually(within: .seconds(10)) {
                    try bench.state(id) == .available || stoppedAfter.value.count > 1
                        || bench.worker.status.busySlots == 1
                }
                #expect(try bench.count("ready", where: "interruptions > 0") == 0)
                _ = try bench.cancel(id)
            }
        }

        @Test func `what waits in the process does not start once the last heartbeat is too old`() async throws {
            let proxy = Box<FaultProxy?>(nil)
            let (gate, started) = (Gate(), Box(0))
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                return database.store(through: fault)
            }
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("noop") { _ in started.change { $0 += 1 } }
                worker.register("hold") { _ in gate.pass() }
            }
            let configuration = WorkerConfiguration.test {
                $0.concurrency = 1
                $0.leaseTime = .milliseconds(900)
            }
            try await withWorker(configuration, through: through, register: register) { bench in
                try bench.enqueue(count: 200)
                try bench.enqueue(count: 1, kind: "hold")
                try bench.enqueue(count: 200)
                try bench.signal()
                try await eventually { gate.arrived == 1 && bench.worker.status.queuedJobs > 0 }
                let before = started.value
                proxy.value?.mode = .blackhole
                try await eventually { bench.events.fences == [.stale] }
                gate.open()
                try await eventually { bench.worker.status.busySlots == 0 }
                #expect(started.value == before)
                #expect(bench.worker.status.queuedJobs == 0)
                // Back again, all of them run, none marked as dangerous: they go back before anybody misses them.
                proxy.value?.mode = .pass
                try await eventually(within: .seconds(15)) { try bench.unfinishedCount() == 0 }
                #expect(try bench.count("attempt", where: "ended = 'lost'") == 0)
            }
        }

        @Test func `results that an outage held back are still accepted when nobody took the jobs meanwhile`()
            async throws
        {
            let proxy = Box<FaultProxy?>(nil)
            let gate = Gate()
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                return database.store(through: fault)
            }
            let runs = Box(0)
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("work") { _ in
                    gate.pass()
                    runs.change { $0 += 1 }
                }
            }
            try await withWorker(quick, through: through, register: register) { bench in
                let id = try bench.enqueue(.test("work"))[0]
                try await eventually { bench.worker.status.busySlots == 1 }
                proxy.value?.mode = .cut
                gate.open()
                try await eventually { bench.events.fences == [.stale] && bench.worker.status.busySlots == 0 }
                proxy.value?.mode = .pass
                try await bench.wait(for: id, to: .completed, within: .seconds(10))
                #expect(runs.value == 1)
            }
        }

        @Test func `jobs of a claim whose answer is lost do not wait for those that run`() async throws {
            let proxy = Box<FaultProxy?>(nil)
            let gate = Gate()
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                var settings = database.settings(through: fault)
                settings.callTimeout = .milliseconds(500)
                return Store(settings, sessionsMax: 1)
            }
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("noop") { _ in }
                worker.register("long") { _ in gate.pass() }
            }
            let configuration = WorkerConfiguration.test { $0.isListening = false }
            try await withWorker(configuration, through: through, register: register) { bench in
                let long = try bench.enqueue(.test("long"))[0]
                try await eventually { gate.arrived == 1 }
                var enqueued: Int64 = 0
                // The first answer that is lost may be that of another call; until it is that of a claim of jobs:
                for _ in 0..<20 where bench.unknownClaims < 3 {
                    proxy.value?.mode = .dropReplies
                    let failures = bench.failures(.claimer)
                    try bench.enqueue(count: 5)
                    enqueued += 5
                    try await eventually { bench.failures(.claimer) > failures }
                    proxy.value?.mode = .pass
                    try await eventually(within: .seconds(10)) {
                        try bench.count("outcome", where: "state = 'completed'") == enqueued
                    }
                }
                #expect(bench.unknownClaims > 0)
                #expect(try bench.state(long) == .running, "nobody waited for it")
                #expect(try bench.count("attempt") == 0, "and nobody was taken for dead")
                #expect(try bench.count("outcome", where: "attempt > 1") == 0)
                gate.open()
                try await bench.wait(for: long, to: .completed)
            }
        }
    }
}

extension WorkerBench {
    /// How many claims got no answer.
    var unknownClaims: Int { events.count { if case .claimUnknown = $0 { true } else { false } } }
}

extension TestDatabase {
    /// The settings to connect through a proxy.
    func settings(through proxy: FaultProxy) -> ConnectionSettings {
        ConnectionSettings(conninfo: proxy.connectionString(connectionString), applicationName: "tusk-test")
    }

    /// A store that connects through a proxy.
    func store(through proxy: FaultProxy) -> Store {
        Store(settings(through: proxy), sessionsMax: 1)
    }
}

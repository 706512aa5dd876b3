import TestSupport
import Testing
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

extension WorkerTests {
    @Suite struct OutageTests {
        @Test func `a worker whose sessions are ended again and again runs every job`() async throws {
            let (runs, isListening) = (Box<Set<JobID>>([]), Box(0))
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("noop") { context in runs.change { $0.insert(context.id) } }
            }
            try await withWorker(.test { $0.concurrency = 4 }, register: register) { bench in
                try await eventually { bench.worker.status.isRegistered }
                let killer = try bench.database.session()
                defer { killer.close() }
                let kill = Statement(
                    name: "test_kill",
                    text: """
                        select count(pg_terminate_backend(pid)) from pg_stat_activity
                        where datname = current_database() and application_name like 'tusk-test/%'
                            and application_name not like '%/pool'
                        """
                )
                var ids: [JobID] = []
                for round in 1...12 {
                    ids += try bench.enqueue(count: 400)
                    _ = try killer.run(kill)
                    isListening.change { $0 = round }
                    try await eventually(within: .seconds(10)) {
                        try bench.rescue()
                        return try bench.count("ready") < 400
                    }
                }
                try await eventually(within: .seconds(30)) {
                    try bench.rescue()
                    return try bench.unfinishedCount() == 0
                }
                #expect(runs.value == Set(ids))
                #expect(try bench.count("outcome", where: "state = 'completed'") == Int64(ids.count))
                #expect(try bench.count("outcome") == Int64(ids.count))
                try await eventually { bench.worker.status.isListening }
                let id = try bench.enqueue(count: 1)[0]
                try bench.signal()
                try await bench.wait(for: id, to: .completed, within: .seconds(2))
            }
        }

        @Test(arguments: stride(from: 50, through: 6050, by: 1200).map(\.self))
        func `a connection that breaks after any number of bytes loses no job`(_ replyBytes: Int) async throws {
            let proxy = Box<FaultProxy?>(nil)
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                return database.store(through: fault)
            }
            let register: @Sendable (Worker) -> Void = { $0.register("noop") { _ in } }
            try await withWorker(.test { $0.isListening = false }, through: through, register: register) { bench in
                try await eventually { bench.worker.status.isRegistered }
                for _ in 0..<2 {
                    let failures = bench.events.failures
                    proxy.value?.mode = .cutAfter(replyBytes: replyBytes)
                    try bench.enqueue(count: 40)
                    try await eventually {
                        try bench.events.failures > failures || bench.unfinishedCount() == 0
                    }
                    proxy.value?.mode = .pass
                    try await eventually(within: .seconds(15)) {
                        try bench.rescue()
                        return try bench.unfinishedCount() == 0
                    }
                }
                #expect(try bench.count("outcome", where: "state = 'completed'") == 80)
                #expect(try bench.count("outcome") == 80)
            }
        }

        @Test func `after an outage of a few seconds it works on at once`() async throws {
            let proxy = Box<FaultProxy?>(nil)
            let through: @Sendable (TestDatabase) throws -> Store = { database in
                let fault = try FaultProxy(to: database.connectionString)
                proxy.change { $0 = fault }
                return database.store(through: fault)
            }
            let configuration = WorkerConfiguration.test { $0.leaseTime = .milliseconds(900) }
            try await withWorker(configuration, through: through, register: { $0.register("noop") { _ in } }) { bench in
                try await eventually { bench.worker.status.isRegistered }
                proxy.value?.mode = .cut
                let id = try bench.enqueue(count: 50)[49]
                try await eventually { !bench.worker.status.isRegistered }
                proxy.value?.mode = .pass
                let start = ContinuousClock.now
                try await bench.wait(for: id, to: .completed)
                #expect(start.duration(to: .now) < .seconds(3))
            }
        }
    }
}

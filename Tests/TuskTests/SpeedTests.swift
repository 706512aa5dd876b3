import Foundation
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    /// Figures for people, measured by hand: `TUSK_MEASURE=1 swift test -c release -Xswiftc -enable-testing`.
    @Suite(.enabled(if: ProcessInfo.processInfo.environment["TUSK_MEASURE"] != nil))
    struct SpeedTests {
        @Test(arguments: [8, 1, 64])
        func `drains 100,000 jobs`(_ concurrency: Int) async throws {
            try await withDatabase(.migrated) { database in
                let bench = database.store()
                let job = try NewJob.test(args: #"{"n":1,"s":"abcdef"}"#)
                for _ in 0..<20 {
                    _ = try bench.withSession { session throws(StoreError) in
                        try session.enqueue(Array(repeating: job, count: 5000))
                    }
                }
                try database.script("vacuum analyze")
                var configuration = WorkerConfiguration()
                configuration.concurrency = concurrency
                let worker = try Worker(configuration, store: database.store())
                worker.register("noop") { _ in }
                let (start, cpu) = (ContinuousClock.now, Self.cpuSeconds())
                worker.start()
                try await eventually(within: .seconds(60)) {
                    try database.number("select count(*) from tusk.ready") == 0
                        && database.number("select count(*) from tusk.lease") == 0
                }
                let seconds = start.duration(to: .now) / .seconds(1)
                let microseconds = (Self.cpuSeconds() - cpu) * 10
                print("drain, \(concurrency) slots: \(Int(100_000 / seconds)) jobs/s, \(microseconds) us of CPU a job")
                await worker.stop()
                #expect(try database.number("select count(*) from tusk.outcome") == 100_000)
            }
        }

        @Test func `starts a job that comes to an idle worker`() async throws {
            let started = Box<ContinuousClock.Instant?>(nil)
            let woken = Gate.Many()
            let register: @Sendable (Worker) -> Void = { worker in
                worker.register("noop") { _ in
                    started.change { $0 = .now }
                    woken.signal()
                }
            }
            try await withWorker(WorkerConfiguration(), register: register) { bench in
                try await eventually { bench.worker.status.isListening }
                let client = Client(store: bench.database.store())
                let job = try NewJob.test()
                var latencies: [Duration] = []
                for _ in 0..<500 {
                    let start = ContinuousClock.now
                    try await client.enqueue([job])
                    woken.wait()
                    latencies.append(start.duration(to: try #require(started.value)))
                    Pausing.block(20)
                }
                latencies.sort()
                print("enqueue to start: p50 \(latencies[250]), p90 \(latencies[450]), p99 \(latencies[495])")
                client.close()
            }
        }

        private static func cpuSeconds() -> Double {
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
            return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
        }
    }
}

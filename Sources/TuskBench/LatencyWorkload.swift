import Dispatch
import Synchronization
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

/// One job every 20 ms for an idle worker: the time from just before the enqueue call to the start of the handler.
struct LatencyWorkload: Workload {
    private static let enqueueAndNotify = SQLCatalog.statement("enqueue_and_notify", in: "bench", isKept: true)
    private static let channel = "tusk_bench"
    private static let interval = Duration.milliseconds(20)

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let arrivals = Arrivals()
        let worker = BenchWorker.make(database.store(sessionsMax: 1)) { arrivals.note() }
        worker.start()
        defer { worker.stop() }
        let caller = ClientCaller(database)
        defer { caller.close() }
        for _ in 0..<500 where !worker.status.isListening { Moment.pass(.milliseconds(10)) }
        return try measure(arrivals) { calls in try caller.enqueue([BenchJob.job]) { calls.note() } }
    }

    /// One statement that inserts and notifies, and another session that claims when it is notified.
    func limit() throws -> Figures? {
        let arrivals = Arrivals()
        let database = database
        let isListening = DispatchSemaphore(value: 0)
        let worker = LoadThread("bench-worker") { thread in
            let listener = try database.session()
            let session = try database.session()
            defer {
                listener.close()
                session.close()
            }
            var loop = try BareLoop(session)
            do throws(PostgresError) {
                try listener.session.listen(Self.channel)
                isListening.signal()
                while !thread.isStopping {
                    let signal = try listener.session.waitForNotification(until: .after(.milliseconds(100)))
                    guard signal != nil else { continue }
                    do {
                        _ = try loop.round(1) { arrivals.note() }
                    } catch {
                        throw .protocolViolation("\(error)")
                    }
                }
            } catch {
                throw StoreError(error)
            }
        }
        isListening.wait()
        let feeder = try database.session()
        defer { feeder.close() }
        let figures = try measure(arrivals) { calls in
            calls.note()
            _ = try feeder.run(Self.enqueueAndNotify) {
                $0.text(BenchJob.kind.text)
                $0.json(BenchJob.job.args.bytes)
            }
        }
        try worker.stop()
        return figures
    }

    private func measure(
        _ arrivals: Arrivals,
        _ enqueue: (Arrivals) throws -> Void
    ) throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        let start = try Meter(session)
        var latencies: [Double] = []
        let calls = Arrivals()
        // The first ones make connections and plans.
        let count = plan.seconds * 50
        for index in -20..<count {
            try enqueue(calls)
            guard let called = calls.wait(atMost: .zero), let arrived = arrivals.wait(atMost: .seconds(10)) else {
                throw BenchFailure("a job did not start within 10 seconds")
            }
            if index >= 0 { latencies.append(called.duration(to: arrived) / .milliseconds(1)) }
            Moment.pass(Self.interval - min(Self.interval, called.duration(to: .now)))
        }
        var figures = Figures(jobs: count, from: start, to: try Meter(session))
        figures.latencies = latencies.sorted()
        return figures
    }
}

/// When something happened, such as the start of a job, one at a time.
final class Arrivals: Sendable {
    private let moment = Mutex<ContinuousClock.Instant?>(nil)
    private let arrived = DispatchSemaphore(value: 0)

    /// It happens now.
    func note() {
        moment.withLock { $0 = .now }
        arrived.signal()
    }

    /// When it happened next; nil when it did not in time.
    func wait(atMost time: Duration) -> ContinuousClock.Instant? {
        guard arrived.wait(timeout: .now() + .milliseconds(Int(time.wholeMilliseconds))) == .success else { return nil }
        return moment.withLock { $0 }
    }
}

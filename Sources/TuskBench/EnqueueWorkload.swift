import Tusk
import TuskCore
import TuskStore

/// Jobs enqueued in bulk by the Swift client, one call after the other.
struct EnqueueWorkload: Workload {
    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        let caller = ClientCaller(database)
        defer { caller.close() }
        return try measure(session) { count in try caller.enqueue(BenchJob.jobs(count)) }
    }

    func limit() throws -> Figures? {
        let session = try database.session()
        defer { session.close() }
        let bare = BareEnqueue(session, batch: plan.batch)
        return try measure(session) { _ in try bare.send() }
    }

    func classic() throws -> Figures? {
        let session = try database.session()
        defer { session.close() }
        let loop = ClassicLoop(session)
        return try measure(session) { count in try loop.enqueue(count) }
    }

    private func measure(
        _ session: StoreSession,
        _ enqueue: (Int) throws -> Void
    ) throws -> Figures {
        let start = try Meter(session)
        var latencies: [Double] = []
        var done = 0
        while done < plan.jobs {
            let before = ContinuousClock.now
            try enqueue(plan.batch)
            latencies.append(before.duration(to: .now) / .milliseconds(1))
            done += plan.batch
        }
        var figures = Figures(jobs: done, from: start, to: try Meter(session))
        figures.latencies = latencies.sorted()
        return figures
    }
}

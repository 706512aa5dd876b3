import TuskCore
import TuskStore

/// Claims and enqueues of ten jobs while many others wait; the limit is the same with nothing else waiting. A backlog
/// must not make either slower. Its latencies are those of a claim with its settlement, and those of the enqueues.
struct BacklogWorkload: Workload {
    private static let batch = 10

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        for count in BenchJob.batches(of: plan.jobs * 10) { _ = try session.enqueue(BenchJob.jobs(count)) }
        return try measure(session)
    }

    func limit() throws -> Figures? {
        let session = try database.session()
        defer { session.close() }
        return try measure(session)
    }

    private func measure(_ session: StoreSession) throws -> Figures {
        var loop = try BareLoop(session)
        let enqueue = BareEnqueue(session, batch: Self.batch)
        try enqueue.send()
        _ = try loop.round(Self.batch)
        let start = try Meter(session)
        var latencies: [Double] = []
        var enqueues: [Double] = []
        while start.at.duration(to: .now) < plan.time {
            let first = ContinuousClock.now
            try enqueue.send()
            let second = ContinuousClock.now
            _ = try loop.round(Self.batch)
            enqueues.append(first.duration(to: second) / .milliseconds(1))
            latencies.append(second.duration(to: .now) / .milliseconds(1))
        }
        var figures = Figures(jobs: latencies.count * Self.batch, from: start, to: try Meter(session))
        figures.latencies = latencies.sorted()
        figures.enqueueLatencies = enqueues.sorted()
        return figures
    }
}

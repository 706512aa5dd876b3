import TuskCore
import TuskStore

/// Waiting jobs of 1,000 queues, worked off by one worker process that serves all of them; the limit is the same jobs
/// in one queue.
struct QueuesWorkload: Workload {
    private static let queues = (0..<1000).compactMap { QueueName("queue-\($0)") }

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        var next = 0
        for count in BenchJob.batches(of: plan.jobs) {
            var jobs = BenchJob.jobs(count)
            for index in jobs.indices {
                jobs[index].queue = Self.queues[next % Self.queues.count]
                next += 1
            }
            _ = try session.enqueue(jobs)
        }
        let drain = DrainWorkload(database: database, plan: plan)
        try drain.vacuum()
        return try drain.measureWorker(session, queues: Self.queues)
    }

    func limit() throws -> Figures? {
        try DrainWorkload(database: database, plan: plan).tusk()
    }
}

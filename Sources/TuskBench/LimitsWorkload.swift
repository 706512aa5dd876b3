import TuskCore
import TuskStore

/// Waiting jobs that name keys with a limit so high that none ever waits for it, worked off by a worker as in
/// `DrainWorkload`; the limit is the same jobs without keys.
struct LimitsWorkload: Workload {
    /// How many keys there are of each class, as there are tenants of a service.
    private static let keysOfClass = 100
    private static let runningMax = 100_000

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        let classes = (0..<plan.limits).map { "class-\($0)" }
        for name in classes {
            guard let limit = KeyLimit("\(name):*", runningMax: Self.runningMax) else {
                preconditionFailure("the limit of a class")
            }
            _ = try session.putLimit(limit, by: "bench")
        }
        let keys = (0..<Self.keysOfClass).map { key in classes.compactMap { JobLimit("\($0):\(key)") } }
        var next = 0
        for count in BenchJob.batches(of: plan.jobs) {
            var jobs = BenchJob.jobs(count)
            for index in jobs.indices {
                jobs[index].limits = keys[next % keys.count]
                next += 1
            }
            _ = try session.enqueue(jobs)
        }
        let drain = DrainWorkload(database: database, plan: plan)
        try drain.vacuum()
        return try drain.measureWorker(session)
    }

    func limit() throws -> Figures? {
        try DrainWorkload(database: database, plan: plan).tusk()
    }
}

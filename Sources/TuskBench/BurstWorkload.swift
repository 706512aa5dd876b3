import TuskCore
import TuskStore

/// Jobs that were scheduled and are all due at once, among as many that wait for later; the limit is jobs that wait to
/// be claimed already.
struct BurstWorkload: Workload {
    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        for count in BenchJob.batches(of: plan.jobs) {
            _ = try session.enqueue(BenchJob.jobs(count, runAt: .after(.seconds(86_400))))
        }
        // The delay counts from each enqueue, so the scheduler starts when the last of them is due.
        let delay = Duration.seconds(1)
        for count in BenchJob.batches(of: plan.jobs) {
            _ = try session.enqueue(BenchJob.jobs(count, runAt: .after(delay)))
        }
        Moment.pass(delay)
        let scheduler = BenchScheduler(database)
        defer { scheduler.stop() }
        return try DrainWorkload(database: database, plan: plan).measureWorker(session)
    }

    func limit() throws -> Figures? {
        try DrainWorkload(database: database, plan: plan).tusk()
    }
}

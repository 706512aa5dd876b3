import TuskCore
import TuskStore

/// Jobs that were scheduled and are all due at once, among as many that wait for later; the limit is jobs that wait to
/// be claimed already.
struct BurstWorkload: Workload {
    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws(StoreError) -> Figures {
        let session = try database.session()
        defer { session.close() }
        for count in BenchJob.batches(of: plan.jobs) {
            _ = try session.enqueue(BenchJob.jobs(count, runAt: .after(.seconds(86_400))))
        }
        // The delay counts from each enqueue, so the promoter starts when the last of them is due.
        let delay = Duration.seconds(1)
        for count in BenchJob.batches(of: plan.jobs) {
            _ = try session.enqueue(BenchJob.jobs(count, runAt: .after(delay)))
        }
        Moment.pass(delay)
        let database = database
        let promoter = LoadThread("bench-promoter") { thread throws(StoreError) in
            let session = try database.session()
            defer { session.close() }
            while !thread.isStopping {
                if try session.promote().jobs == 0 { Moment.pass(.milliseconds(1)) }
            }
        }
        let figures = try DrainWorkload(database: database, plan: plan).measureWorker(session)
        try promoter.stop()
        return figures
    }

    func limit() throws(StoreError) -> Figures? {
        try DrainWorkload(database: database, plan: plan).tusk()
    }
}

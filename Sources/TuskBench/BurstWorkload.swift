import Tusk
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
        let handled = Countdown(plan.jobs)
        let worker = BenchWorker.make(database.store(sessionsMax: 1)) { handled.note() }
        worker.start()
        defer { worker.stop() }
        let scheduler = BenchScheduler(database)
        defer { scheduler.stop() }
        let due = try DueTime(session, later: .seconds(2) + .microseconds(20) * plan.jobs)
        for count in BenchJob.batches(of: plan.jobs) {
            _ = try session.enqueue(BenchJob.jobs(count, runAt: .at(due.moment)))
        }
        due.wait()
        let start = try Meter(session)
        let isDone = handled.wait(atMost: plan.patience)
        while isDone, worker.status.unsettledJobs > 0 { Moment.pass(.microseconds(200)) }
        guard isDone else { throw BenchFailure("only \(handled.value) of \(plan.jobs) jobs were run") }
        return Figures(jobs: plan.jobs, from: start, to: try Meter(session))
    }

    func limit() throws -> Figures? {
        try DrainWorkload(database: database, plan: plan).tusk()
    }
}

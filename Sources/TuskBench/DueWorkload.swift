import Tusk
import TuskCore
import TuskPostgres
import TuskStore

/// Scheduled jobs that fall due one after the other, 1,000 each second, among twenty times the plan's jobs that wait
/// for later. Its latencies tell how late they started.
struct DueWorkload: Workload {
    private static let readLateness = SQLCatalog.statement("read_lateness", in: "bench", isReadOnly: true)
    private static let perSecond = 1000

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let session = try database.session()
        defer { session.close() }
        for count in BenchJob.batches(of: plan.jobs * 20) {
            _ = try session.enqueue(BenchJob.jobs(count, runAt: .after(.seconds(86_400))))
        }
        let count = plan.seconds * Self.perSecond
        let handled = Countdown(count)
        let worker = BenchWorker.make(database.store(sessionsMax: 1)) { handled.note() }
        worker.start()
        defer { worker.stop() }
        let scheduler = BenchScheduler(database)
        defer { scheduler.stop() }
        try schedule(count, session)
        let start = try Meter(session)
        let isDone = handled.wait(atMost: plan.time + .seconds(60))
        while isDone, worker.status.unsettledJobs > 0 { Moment.pass(.milliseconds(1)) }
        guard isDone else { throw BenchFailure("only \(handled.value) of \(count) jobs were run") }
        var figures = Figures(jobs: count, from: start, to: try Meter(session))
        let rows = try session.run(Self.readLateness)
        figures.latencies = (0..<rows.rowCount).map { rows.float8($0, 0) }
        return figures
    }

    /// Schedules them from the time on when all will be there. Each says in its metadata when it is due.
    private func schedule(_ count: Int, _ session: StoreSession) throws {
        let first = try DueTime(session, later: .seconds(1) + .microseconds(20) * count).moment.microseconds
        var next = 0
        for size in BenchJob.batches(of: count) {
            var jobs = BenchJob.jobs(size)
            for index in jobs.indices {
                let due = first + Int64(next * 1_000_000 / Self.perSecond)
                jobs[index].runAt = .at(Timestamp(microseconds: due))
                jobs[index].metadata = JSONText(trusted: Array(#"{"due":\#(due)}"#.utf8))
                next += 1
            }
            _ = try session.enqueue(jobs)
        }
    }
}

/// A moment to come by the database's clock.
struct DueTime {
    private static let readClock = SQLCatalog.statement("read_clock", in: "bench", isReadOnly: true)

    let moment: Timestamp
    private let here: ContinuousClock.Instant

    /// The moment so much later than now.
    init(_ session: StoreSession, later: Duration) throws {
        let now = try session.run(Self.readClock).int8(0, 0)
        moment = Timestamp(microseconds: now + later.wholeMicroseconds)
        here = .now.advanced(by: later)
    }

    /// Blocks until it has come.
    func wait() {
        Moment.pass(max(.zero, ContinuousClock.now.duration(to: here)))
    }
}

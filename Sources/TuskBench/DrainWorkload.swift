import Tusk
import TuskCore
import TuskStore

/// Jobs that wait already are worked off by one worker process with its default settings.
struct DrainWorkload: Workload {
    private static let vacuumReady = SQLCatalog.statement("vacuum_ready", in: "bench")
    private static let vacuumClassic = SQLCatalog.statement("vacuum_classic", in: "bench")

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        try fill()
        let session = try database.session()
        defer { session.close() }
        return try measureWorker(session)
    }

    /// From the start of a worker until the jobs of the plan are done.
    func measureWorker(_ session: StoreSession, queues: [QueueName] = [.standard]) throws -> Figures {
        let handled = Countdown(plan.jobs)
        let worker = BenchWorker.make(database, queues: queues) { handled.note() }
        let start = try Meter(session)
        worker.start()
        let isDone = handled.wait(atMost: plan.patience)
        while isDone, worker.status.unsettledJobs > 0 { Moment.pass(.microseconds(200)) }
        let end = try Meter(session)
        worker.stop()
        guard isDone else { throw BenchFailure("only \(handled.value) of \(plan.jobs) jobs were run") }
        return Figures(jobs: plan.jobs, from: start, to: end)
    }

    func limit() throws -> Figures? {
        try fill()
        let session = try database.session()
        defer { session.close() }
        var loop = try BareLoop(session)
        let start = try Meter(session)
        var done = 0
        while case let count = try loop.round(plan.batch), count > 0 { done += count }
        return Figures(jobs: done, from: start, to: try Meter(session))
    }

    func classic() throws -> Figures? {
        let session = try database.session()
        defer { session.close() }
        let loop = ClassicLoop(session)
        for count in BenchJob.batches(of: plan.jobs) { try loop.enqueue(count) }
        try database.script(Self.vacuumClassic)
        let start = try Meter(session)
        var done = 0
        while case let count = try loop.round(plan.batch), count > 0 { done += count }
        return Figures(jobs: done, from: start, to: try Meter(session))
    }

    private func fill() throws {
        let session = try database.session()
        defer { session.close() }
        for count in BenchJob.batches(of: plan.jobs) { _ = try session.enqueue(BenchJob.jobs(count)) }
        try vacuum()
    }

    /// Lets the waiting jobs lie as they do after some time.
    func vacuum() throws { try database.script(Self.vacuumReady) }
}

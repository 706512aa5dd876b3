import Tusk
import TuskCore
import TuskStore

/// Jobs that wait already are worked off by one worker with its default settings, or by as many processes as the plan
/// says.
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

    /// From the start of the workers until the jobs of the plan are done.
    func measureWorker(_ session: StoreSession, queues: [QueueName] = [.standard]) throws -> Figures {
        let handled = Countdown(plan.jobs)
        let crew = try Crew(database, plan, queues: queues) { handled.note($0) }
        defer { crew.stop() }
        let start = try Meter(session, with: crew)
        try crew.start()
        try crew.wait(for: handled, atMost: plan.patience)
        return Figures(jobs: plan.jobs, from: start, to: try Meter(session, with: crew))
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

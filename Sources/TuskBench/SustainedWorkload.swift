import Synchronization
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

/// Enqueue and work at once for some time: a feeder keeps about 10,000 jobs waiting, or enqueues at the rate of the
/// plan; a worker works them off, or as many processes as the plan says. At a rate the latencies of Tusk are how long
/// jobs waited for their start in the last minute, or as much of it as was measured.
struct SustainedWorkload: Workload {
    /// How many jobs the feeder keeps waiting.
    private static let backlog = 10_000
    /// With a rate: batches in a second.
    private static let batchesPerSecond = 10
    private static let readWaits = SQLCatalog.statement("read_waits", in: "bench", isReadOnly: true)

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let worked = Tally()
        let crew = try Crew(database, plan) { worked.add($0) }
        defer { crew.stop() }
        try crew.start()
        var figures = try measure(worked, by: crew) { session in _ = try session.enqueue(BenchJob.jobs(batch)) }
        guard plan.rate > 0 else { return figures }
        let session = try database.session()
        defer { session.close() }
        let rows = try session.run(Self.readWaits) { $0.int4(Int32(min(60, plan.seconds))) }
        figures.latencies = (0..<rows.rowCount).map { rows.float8($0, 0) }
        return figures
    }

    func limit() throws -> Figures? {
        let worked = Tally()
        let (database, batch) = (database, batch)
        let worker = LoadThread("bench-worker") { thread in
            let session = try database.session()
            defer { session.close() }
            var loop = try BareLoop(session)
            while !thread.isStopping { worked.add(try loop.round(batch)) }
        }
        let figures = try measure(worked) { session in
            try BareEnqueue(session, batch: batch).send()
        }
        try worker.stop()
        return figures
    }

    func classic() throws -> Figures? {
        let worked = Tally()
        let (database, batch) = (database, batch)
        let worker = LoadThread("bench-worker") { thread in
            let session = try database.session()
            defer { session.close() }
            let loop = ClassicLoop(session)
            while !thread.isStopping { worked.add(try loop.round(batch)) }
        }
        let figures = try measure(worked) { session in
            try ClassicLoop(session).enqueue(batch)
        }
        try worker.stop()
        return figures
    }

    /// Jobs of one enqueue, and most of one claim of the references.
    private var batch: Int { plan.rate > 0 ? max(1, plan.rate / Self.batchesPerSecond) : plan.batch }

    /// Whether as many jobs are enqueued as should be so long after the start.
    private func isTooEarly(_ fed: Int, _ worked: Int, after time: Duration) -> Bool {
        plan.rate > 0 ? Double(fed) > time / .seconds(1) * Double(plan.rate) : fed - worked >= Self.backlog
    }

    /// Feeds in the calling thread for the time of the plan; counts what was worked off in it.
    private func measure(
        _ worked: Tally,
        by crew: Crew? = nil,
        _ enqueue: (StoreSession) throws -> Void
    ) throws -> Figures {
        let feeder = try database.session()
        defer { feeder.close() }
        var fed = 0
        let start = try Meter(feeder, with: crew)
        var perSecond: [Int] = []
        var counted = 0
        let end = start.at.advanced(by: plan.time)
        while ContinuousClock.now < end {
            if isTooEarly(fed, worked.value, after: start.at.duration(to: .now)) {
                Moment.pass(.microseconds(500))
            } else {
                try enqueue(feeder)
                fed += batch
            }
            if start.at.duration(to: .now) >= .seconds(perSecond.count + 1) {
                perSecond.append(worked.value - counted)
                counted = worked.value
            }
        }
        let jobs = worked.value
        var figures = Figures(jobs: jobs, from: start, to: try Meter(feeder, with: crew))
        try crew?.check()
        figures.perSecond = perSecond
        return figures
    }
}

/// A count that several threads add to.
final class Tally: Sendable {
    private let count = Atomic<Int>(0)

    /// Adds so many.
    func add(_ number: Int) { count.add(number, ordering: .relaxed) }

    /// The count now.
    var value: Int { count.load(ordering: .relaxed) }
}

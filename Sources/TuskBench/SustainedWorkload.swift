import Synchronization
import Tusk
import TuskCore
import TuskStore

/// Enqueue and work at once for some time: a feeder keeps about 10,000 jobs waiting, a worker works them off, or as
/// many processes as the plan says.
struct SustainedWorkload: Workload {
    /// How many jobs the feeder keeps waiting.
    private static let backlog = 10_000

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let worked = Tally()
        let crew = try Crew(database, plan) { worked.add($0) }
        defer { crew.stop() }
        try crew.start()
        return try measure(worked, by: crew) { session in _ = try session.enqueue(BenchJob.jobs(plan.batch)) }
    }

    func limit() throws -> Figures? {
        let worked = Tally()
        let (database, batch) = (database, plan.batch)
        let worker = LoadThread("bench-worker") { thread in
            let session = try database.session()
            defer { session.close() }
            var loop = try BareLoop(session)
            while !thread.isStopping { worked.add(try loop.round(batch)) }
        }
        let figures = try measure(worked) { session in
            try BareEnqueue(session, batch: plan.batch).send()
        }
        try worker.stop()
        return figures
    }

    func classic() throws -> Figures? {
        let worked = Tally()
        let (database, batch) = (database, plan.batch)
        let worker = LoadThread("bench-worker") { thread in
            let session = try database.session()
            defer { session.close() }
            let loop = ClassicLoop(session)
            while !thread.isStopping { worked.add(try loop.round(batch)) }
        }
        let figures = try measure(worked) { session in
            try ClassicLoop(session).enqueue(plan.batch)
        }
        try worker.stop()
        return figures
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
            if fed - worked.value < Self.backlog {
                try enqueue(feeder)
                fed += plan.batch
            } else {
                Moment.pass(.microseconds(500))
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

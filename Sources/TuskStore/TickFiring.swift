package import TuskCore
import TuskPostgres

/// A due schedule, what is to become of its ticks, and the job they enqueue.
package struct TickOrder: Sendable {
    package let schedule: DueSchedule
    package let plan: TickPlan
    package let job: NewJob

    /// An order of these parts.
    package init(schedule: DueSchedule, plan: TickPlan, job: NewJob) {
        self.schedule = schedule
        self.plan = plan
        self.job = job
    }

    /// Orders in their order, as many together as one transaction should have.
    package static func batches(_ orders: [TickOrder]) -> [[TickOrder]] {
        var batches: [[TickOrder]] = []
        var (jobs, bytes) = (0, 0)
        for order in orders {
            // A tick that waited may fire besides.
            let count = order.plan.firing.count + 1
            jobs += count
            bytes += count * order.job.args.bytes.count
            if batches.isEmpty || jobs > StoreSession.fireJobsMax || bytes > StoreSession.fireBytesMax {
                batches.append([])
                (jobs, bytes) = (count, count * order.job.args.bytes.count)
            }
            batches[batches.count - 1].append(order)
        }
        return batches
    }
}

/// What was recorded for a schedule.
package struct TickReport: Sendable {
    package let order: TickOrder
    /// Planned times by outcome; nil: too many to be counted.
    package let runs: [TickRun]
    /// The planned times that fired, a queued one before them.
    package let fired: [Timestamp]
}

extension StoreSession {
    /// The most jobs of one transaction, unless a single schedule has more.
    package static let fireJobsMax = 1000
    /// The most bytes of args of one statement, and of one transaction unless a single schedule has more.
    package static let fireBytesMax = 16 << 20

    private static let lockSchedules = SQLCatalog.statement("lock_schedules")
    private static let findLiveJobs = SQLCatalog.statement("find_live_jobs", isReadOnly: true)
    private static let recordTicks = SQLCatalog.statement("record_ticks")
    private static let writeTickJobs = SQLCatalog.statement("write_tick_jobs")
    private static let moveSchedules = SQLCatalog.statement("move_schedules")

    /// Records the outcomes of planned times, enqueues the jobs of those that fire and moves the schedules on, all in
    /// one transaction. Schedules that another scheduler moved on, or that were changed since they were read, are left
    /// out of the answer; nothing is done for them.
    package func fire(_ orders: [TickOrder]) throws(StoreError) -> [TickReport] {
        try transaction { session throws(StoreError) in
            var firings = try session.lock(orders)
            guard !firings.isEmpty else { return [] }
            // After the locks, by a statement of its own: it sees the jobs of whoever held them before.
            let live = try session.liveJobs(firings.compactMap(\.lastJob))
            for index in firings.indices { firings[index].decide(live) }
            try session.record(&firings)
            try session.enqueueJobs(of: &firings)
            try session.move(firings)
            return firings.map(\.report)
        }
    }

    private func lock(_ orders: [TickOrder]) throws(StoreError) -> [TickFiring] {
        let rows = try run(Self.lockSchedules) {
            $0.textArray(orders.map(\.schedule.name))
            $0.int8Array(orders.map(\.schedule.revision))
            $0.timestampArray(optional: orders.map { $0.schedule.nextTickAt?.microseconds })
        }
        let byName = Dictionary(orders.map { ($0.schedule.name, $0) }) { first, _ in first }
        return (0..<rows.rowCount).compactMap { row in
            byName[rows.text(row, 0)].map { order in
                TickFiring(
                    order,
                    lastJob: rows.int8IfPresent(row, 1).flatMap(JobID.init(rawValue:)),
                    queuedAt: rows.momentIfPresent(row, 2)
                )
            }
        }
    }

    private func liveJobs(_ jobs: [JobID]) throws(StoreError) -> Set<JobID> {
        guard !jobs.isEmpty else { return [] }
        let rows = try run(Self.findLiveJobs) { $0.int8Array(jobs.map(\.rawValue)) }
        return Set((0..<rows.rowCount).compactMap { JobID(rawValue: rows.int8($0, 0)) })
    }

    /// Records outcomes, each planned time once; what had one already neither fires nor waits.
    private func record(_ firings: inout [TickFiring]) throws(StoreError) {
        let runs = firings.flatMap { firing in firing.runs.map { (firing.order.schedule.name, $0) } }
        guard !runs.isEmpty else { return }
        let rows = try run(Self.recordTicks) {
            $0.textArray(runs.map(\.0))
            $0.timestampArray(runs.map { $0.1.first.microseconds })
            $0.timestampArray(runs.map { $0.1.last.microseconds })
            $0.int8Array(optional: runs.map { $0.1.count.map { Int64($0) } })
            $0.textArray(runs.map(\.1.outcome.rawValue))
        }
        var recorded: [String: Set<Timestamp>] = [:]
        for row in 0..<rows.rowCount { recorded[rows.text(row, 0), default: []].insert(rows.moment(row, 1)) }
        for index in firings.indices { firings[index].keep(recorded[firings[index].order.schedule.name] ?? []) }
    }

    private func enqueueJobs(of firings: inout [TickFiring]) throws(StoreError) {
        let jobs = firings.flatMap { firing in firing.fired.map { firing.job(for: $0) } }
        let planned = firings.flatMap { firing in firing.fired.map { (firing.order.schedule.name, $0) } }
        guard !jobs.isEmpty else { return }
        var ids: [JobID] = []
        while ids.count < jobs.count {
            ids += try enqueue(Self.statement(of: jobs[ids.count...])).map(\.id)
        }
        var place = 0
        for index in firings.indices {
            let own = Array(ids[place..<place + firings[index].fired.count])
            place += own.count
            let who = "schedule \(firings[index].order.schedule.name)"
            for id in firings[index].take(own) { _ = try cancel(id, as: who, reason: "the next tick has come") }
        }
        _ = try run(Self.writeTickJobs) {
            $0.textArray(planned.map(\.0))
            $0.timestampArray(planned.map(\.1.microseconds))
            $0.int8Array(ids.map(\.rawValue))
        }
    }

    /// The first of these jobs, as many as one statement takes; at least one.
    private static func statement(of jobs: ArraySlice<NewJob>) -> [NewJob] {
        var bytes = 0
        let fitting = jobs.prefix(enqueueJobsMax).prefix { job in
            bytes += job.args.bytes.count
            return bytes <= fireBytesMax
        }
        return Array(fitting.isEmpty ? jobs.prefix(1) : fitting)
    }

    private func move(_ firings: [TickFiring]) throws(StoreError) {
        _ = try run(Self.moveSchedules) {
            $0.textArray(firings.map(\.order.schedule.name))
            $0.timestampArray(optional: firings.map { $0.order.plan.next?.plannedAt.microseconds })
            $0.timestampArray(optional: firings.map { $0.order.plan.next?.dueAt.microseconds })
            $0.timestampArray(optional: firings.map { $0.order.plan.lastPlannedAt?.microseconds })
            $0.int8Array(optional: firings.map { $0.newJob?.rawValue })
            $0.timestampArray(optional: firings.map { $0.queuedAt?.microseconds })
            $0.textArray(optional: firings.map { $0.order.plan.next == nil ? Self.neverAgain : nil })
        }
    }

    /// The fault of a schedule whose rule has no time left.
    private static let neverAgain = "cron does not fire in the next 100 years"
}

/// One schedule on its way through `fire`.
private struct TickFiring {
    let order: TickOrder
    /// The job of the last tick that fired before.
    let lastJob: JobID?
    /// The tick that waits.
    private(set) var queuedAt: Timestamp?
    private(set) var runs: [TickRun]
    /// In the order of time; the one that waited comes first.
    private(set) var fired: [Timestamp] = []
    /// Planned times that fire and cancel the job before them.
    private var cancelling: Set<Timestamp> = []
    /// The one among `fired` whose outcome is recorded already.
    private var released: Timestamp?
    private(set) var newJob: JobID?

    init(_ order: TickOrder, lastJob: JobID?, queuedAt: Timestamp?) {
        self.order = order
        self.lastJob = lastJob
        self.queuedAt = queuedAt
        runs = order.plan.runs
    }

    mutating func decide(_ live: Set<JobID>) {
        var state = TickFate.State(
            isLastLive: lastJob.map(live.contains) ?? false,
            hasQueued: queuedAt != nil
        )
        if !order.schedule.isPaused, let waiting = queuedAt, TickFate.releasesQueued(&state) {
            fired.append(waiting)
            released = waiting
            queuedAt = nil
        }
        for planned in order.plan.firing {
            switch TickFate.next(order.schedule.overlap, &state) {
            case .fires(let cancelsLast):
                fired.append(planned)
                runs.append(TickRun(.fired, at: planned))
                if cancelsLast { cancelling.insert(planned) }
            case .queued:
                queuedAt = planned
                runs.append(TickRun(.queued, at: planned))
            case .skipped: skip(planned)
            }
        }
    }

    /// Ticks that are skipped one after the other share a row.
    private mutating func skip(_ planned: Timestamp) {
        if var last = runs.last, last.outcome == .skipped {
            last.last = planned
            last.count = last.count.map { $0 + 1 }
            runs[runs.count - 1] = last
        } else {
            runs.append(TickRun(.skipped, at: planned))
        }
    }

    /// Forgets what had an outcome before.
    mutating func keep(_ recorded: Set<Timestamp>) {
        runs.removeAll { !recorded.contains($0.first) }
        fired.removeAll { $0 != released && !recorded.contains($0) }
        let isQueuedNow = order.plan.firing.contains { $0 == queuedAt }
        if isQueuedNow, let planned = queuedAt, !recorded.contains(planned) { queuedAt = nil }
    }

    /// The job of a tick; one without metadata gets the schedule and the planned time.
    func job(for planned: Timestamp) -> NewJob {
        guard order.job.metadata == nil else { return order.job }
        var job = order.job
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("schedule")
        writer.string(order.schedule.name)
        writer.key("planned_at")
        writer.string(planned.rfc3339Text)
        writer.endObject()
        job.metadata = writer.text
        return job
    }

    /// Takes the jobs of `fired` and answers those to be cancelled.
    mutating func take(_ ids: [JobID]) -> [JobID] {
        var before = lastJob
        var cancelled: [JobID] = []
        for (planned, id) in zip(fired, ids) {
            if cancelling.contains(planned), let before { cancelled.append(before) }
            before = id
        }
        newJob = ids.last
        return cancelled
    }

    var report: TickReport { TickReport(order: order, runs: runs, fired: fired) }
}

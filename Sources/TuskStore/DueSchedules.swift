package import TuskCore
import TuskPostgres

/// A schedule that the scheduler has to look at: its next tick has come, or the job has ended that a tick waits for.
package struct DueSchedule: Sendable {
    package let name: String
    package let cron: String
    package let timeZone: String
    package let job: JSONText
    package let jitter: Duration
    package let overlap: OverlapPolicy
    package let catchUp: CatchUpPolicy
    /// The first planned time without an outcome; nil: the rule is new, and its time counts from `updatedAt`.
    package let nextTickAt: Timestamp?
    package let isPaused: Bool
    /// Planned times up to then count as paused.
    package let pausedUntil: Timestamp?
    package let updatedAt: Timestamp
    /// Which version of the schedule this is.
    package let revision: Int64
    /// The database's time when it was read.
    package let moment: Timestamp

    /// A due schedule of these parts.
    package init(
        name: String,
        cron: String,
        timeZone: String,
        job: JSONText,
        jitter: Duration,
        overlap: OverlapPolicy,
        catchUp: CatchUpPolicy,
        nextTickAt: Timestamp?,
        isPaused: Bool,
        pausedUntil: Timestamp?,
        updatedAt: Timestamp,
        revision: Int64,
        moment: Timestamp
    ) {
        self.name = name
        self.cron = cron
        self.timeZone = timeZone
        self.job = job
        self.jitter = jitter
        self.overlap = overlap
        self.catchUp = catchUp
        self.nextTickAt = nextTickAt
        self.isPaused = isPaused
        self.pausedUntil = pausedUntil
        self.updatedAt = updatedAt
        self.revision = revision
        self.moment = moment
    }
}

/// What was recorded of a planned time.
package enum TickOutcome: String, Sendable, Hashable, CaseIterable {
    /// A job was enqueued.
    case fired
    /// It was too late.
    case missed
    /// The last job still lived.
    case skipped = "skipped_overlap"
    /// It waits until the last job has ended, and fires then.
    case queued
    /// The schedule was paused.
    case paused
}

/// Planned times in a row that share an outcome other than firing.
package struct TickRun: Sendable, Hashable {
    package let outcome: TickOutcome
    package let first: Timestamp
    package var last: Timestamp
    /// How many; nil: too many to be counted.
    package var count: Int?

    /// A run of one.
    package init(_ outcome: TickOutcome, at planned: Timestamp) {
        self.outcome = outcome
        first = planned
        last = planned
        count = 1
    }
}

/// What becomes of the planned times of a schedule that have come.
package struct TickPlan: Sendable, Hashable {
    /// Those that do not fire, in the order of time, all before those that do.
    package let runs: [TickRun]
    /// Those that fire, if the overlap policy lets them.
    package let firing: [Timestamp]
    /// The next one; nil when there is none in 100 years.
    package let next: PlannedTick?

    /// A plan of these parts.
    package init(runs: [TickRun], firing: [Timestamp], next: PlannedTick?) {
        self.runs = runs
        self.firing = firing
        self.next = next
    }

    /// The last planned time of the plan.
    var lastPlannedAt: Timestamp? { firing.last ?? runs.last?.last }
}

extension StoreSession {
    /// The most due schedules of one round.
    package static let dueSchedulesMax = 200

    private static let readDueSchedules = SQLCatalog.statement("read_due_schedules", isReadOnly: true)
    private static let readNextTick = SQLCatalog.statement("read_next_tick", isReadOnly: true, isKept: true)
    private static let writeScheduleFault = SQLCatalog.statement("write_schedule_fault")

    /// Schedules that have to be looked at, the longest due first.
    package func dueSchedules() throws(StoreError) -> [DueSchedule] {
        let rows = try run(Self.readDueSchedules) { $0.int4(Int32(Self.dueSchedulesMax)) }
        var schedules: [DueSchedule] = []
        for row in 0..<rows.rowCount {
            schedules.append(
                DueSchedule(
                    name: rows.text(row, 0),
                    cron: rows.text(row, 1),
                    timeZone: rows.text(row, 2),
                    job: JSONText(trusted: rows.bytes(row, 3)),
                    jitter: .milliseconds(rows.int4(row, 4)),
                    overlap: try Self.overlap(rows, row, 5),
                    catchUp: try Self.catchUp(rows, row, 6),
                    nextTickAt: rows.momentIfPresent(row, 9),
                    isPaused: !rows.isNull(row, 10),
                    pausedUntil: rows.momentIfPresent(row, 11),
                    updatedAt: rows.moment(row, 12),
                    revision: rows.int8(row, 13),
                    moment: rows.moment(row, 14)
                )
            )
        }
        return schedules
    }

    /// How long until a schedule has to be looked at, negative when one is due and nil without schedules; and whether a
    /// tick waits for the end of a job.
    package func nextTickIn() throws(StoreError) -> (time: Duration?, hasPending: Bool) {
        let rows = try run(Self.readNextTick)
        return (rows.int8IfPresent(0, 0).map { .milliseconds($0) }, rows.bool(0, 1))
    }

    /// Writes down why a schedule cannot fire; it is looked at again in a minute, or when it is changed.
    package func note(fault: String, of schedule: DueSchedule) throws(StoreError) {
        _ = try run(Self.writeScheduleFault) {
            $0.text(schedule.name)
            $0.int8(schedule.revision)
            $0.text(fault)
        }
    }
}

package import TuskCore
import TuskPostgres

/// A schedule as it is stored.
package struct ScheduleRecord: Sendable {
    package let name: String
    /// Five fields, or one of the names that stand for them.
    package let cron: String
    /// IANA name.
    package let timeZone: String
    /// The job to enqueue, as in `POST /v1/jobs`.
    package let job: JSONText
    package let nextTickAt: Timestamp
    package let lastTickAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}

/// A schedule whose next tick has come.
package struct DueSchedule: Sendable {
    package let name: String
    package let cron: String
    package let timeZone: String
    package let job: JSONText
    /// The planned time that has come.
    package let nextTickAt: Timestamp
    /// Which version of the schedule this is.
    package let updatedAt: Timestamp
    /// The database's time when it was read.
    package let moment: Timestamp
}

/// What becomes of the planned times of a due schedule.
package struct TickPlan: Sendable {
    /// The planned time that fires: the last one that has come.
    package let fired: Timestamp
    /// Planned times before it, for which it is too late.
    package let missed: [Timestamp]
    /// The next planned time.
    package let next: Timestamp

    /// A plan of these parts.
    package init(fired: Timestamp, missed: [Timestamp], next: Timestamp) {
        self.fired = fired
        self.missed = missed
        self.next = next
    }
}

/// What became of a planned time.
package struct TickRecord: Sendable {
    package let plannedAt: Timestamp
    package let recordedAt: Timestamp
    /// `fired` or `missed`.
    package let outcome: String
    package let job: JobID?
}

extension StoreSession {
    /// The most due schedules of one round.
    package static let dueSchedulesMax = 100
    /// The most schedules of one page.
    package static let listSchedulesMax = 1000

    private static let putSchedule = SQLCatalog.statement("put_schedule")
    private static let listSchedules = SQLCatalog.statement("list_schedules", isReadOnly: true)
    private static let removeSchedule = SQLCatalog.statement("remove_schedule")
    private static let readDueSchedules = SQLCatalog.statement("read_due_schedules", isReadOnly: true)
    private static let readNextTick = SQLCatalog.statement("read_next_tick", isReadOnly: true, isKept: true)
    private static let fireTick = SQLCatalog.statement("fire_tick")
    private static let recordTickJob = SQLCatalog.statement("record_tick_job")
    private static let listTicks = SQLCatalog.statement("list_ticks", isReadOnly: true)

    /// Creates or replaces a schedule; true when it is new.
    package func put(
        schedule name: String,
        cron: String,
        timeZone: String,
        job: JSONText,
        nextTickAt: Timestamp
    ) throws(StoreError) -> Bool {
        let rows = try run(Self.putSchedule) {
            $0.text(name)
            $0.text(cron)
            $0.text(timeZone)
            $0.json(job.bytes)
            $0.timestamp(microseconds: nextTickAt.microseconds)
        }
        return rows.bool(0, 0)
    }

    /// The schedule of that name; nil when there is none.
    package func schedule(_ name: String) throws(StoreError) -> ScheduleRecord? {
        try schedules(named: name, after: "", limit: 1).first
    }

    /// Schedules by name, after a name.
    package func schedules(after name: String, limit: Int) throws(StoreError) -> [ScheduleRecord] {
        try schedules(named: nil, after: name, limit: limit)
    }

    private func schedules(named: String?, after: String, limit: Int) throws(StoreError) -> [ScheduleRecord] {
        let rows = try run(Self.listSchedules) {
            $0.text(named)
            $0.text(after)
            $0.int4(Int32(min(limit, Self.listSchedulesMax)))
        }
        return (0..<rows.rowCount).map { row in
            ScheduleRecord(
                name: rows.text(row, 0),
                cron: rows.text(row, 1),
                timeZone: rows.text(row, 2),
                job: JSONText(trusted: rows.bytes(row, 3)),
                nextTickAt: rows.moment(row, 4),
                lastTickAt: rows.momentIfPresent(row, 5),
                createdAt: rows.moment(row, 6),
                updatedAt: rows.moment(row, 7)
            )
        }
    }

    /// Removes a schedule. False: there was none.
    package func remove(schedule name: String) throws(StoreError) -> Bool {
        try run(Self.removeSchedule) { $0.text(name) }.rowCount == 1
    }

    /// Schedules whose next tick has come.
    package func dueSchedules() throws(StoreError) -> [DueSchedule] {
        let rows = try run(Self.readDueSchedules) { $0.int4(Int32(Self.dueSchedulesMax)) }
        return (0..<rows.rowCount).map { row in
            DueSchedule(
                name: rows.text(row, 0),
                cron: rows.text(row, 1),
                timeZone: rows.text(row, 2),
                job: JSONText(trusted: rows.bytes(row, 3)),
                nextTickAt: rows.moment(row, 4),
                updatedAt: rows.moment(row, 5),
                moment: rows.moment(row, 6)
            )
        }
    }

    /// How long until the next tick of any schedule; negative when one is due, nil without schedules.
    package func nextTickIn() throws(StoreError) -> Duration? {
        try run(Self.readNextTick).int8IfPresent(0, 0).map { .milliseconds($0) }
    }

    /// Records the outcome of planned times and enqueues the job of the one that fires, in one transaction; nil when
    /// another scheduler did it, or the schedule was changed since it was read.
    package func fire(_ schedule: DueSchedule, _ plan: TickPlan, job: NewJob) throws(StoreError) -> EnqueuedJob? {
        try transaction { session throws(StoreError) in
            let rows = try session.run(Self.fireTick) {
                $0.text(schedule.name)
                $0.timestamp(microseconds: schedule.nextTickAt.microseconds)
                $0.timestamp(microseconds: schedule.updatedAt.microseconds)
                $0.timestamp(microseconds: plan.next.microseconds)
                $0.timestampArray(plan.missed.map(\.microseconds))
                $0.timestamp(microseconds: plan.fired.microseconds)
            }
            guard rows.rowCount == 1, let enqueued = try session.enqueue([job]).first else { return nil }
            _ = try session.run(Self.recordTickJob) {
                $0.text(schedule.name)
                $0.timestamp(microseconds: plan.fired.microseconds)
                $0.int8(enqueued.id.rawValue)
            }
            return enqueued
        }
    }

    /// What became of the planned times of a schedule, the newest first.
    package func ticks(of name: String, limit: Int) throws(StoreError) -> [TickRecord] {
        let rows = try run(Self.listTicks) {
            $0.text(name)
            $0.int4(Int32(limit))
        }
        return (0..<rows.rowCount).map { row in
            TickRecord(
                plannedAt: rows.moment(row, 0),
                recordedAt: rows.moment(row, 1),
                outcome: rows.text(row, 2),
                job: rows.int8IfPresent(row, 3).flatMap(JobID.init(rawValue:))
            )
        }
    }
}

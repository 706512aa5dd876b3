package import TuskCore
import TuskPostgres

/// A schedule as it is stored.
package struct ScheduleRecord: Sendable {
    package let name: String
    /// Five fields, six, or one of the names that stand for them.
    package let cron: String
    /// IANA name.
    package let timeZone: String
    /// The job to enqueue, as in `POST /v1/jobs`.
    package let job: JSONText
    package let jitter: Duration
    package let overlap: OverlapPolicy
    package let catchUp: CatchUpPolicy
    /// Nil: the scheduler has not seen the rule yet, or it never fires again.
    package let nextTickAt: Timestamp?
    package let lastTickAt: Timestamp?
    package let lastJob: JobID?
    /// The planned time of the tick that waits until the last job has ended.
    package let pendingTickAt: Timestamp?
    /// Set while it is paused.
    package let pause: PauseRecord?
    /// Why it cannot fire, if so.
    package let fault: String?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    /// Grows with each change by a person or program, and with none by the scheduler.
    package let revision: Int64
}

/// What became of a planned time, or of a run of them.
package struct TickRecord: Sendable {
    package let plannedAt: Timestamp
    /// The last planned time of the run; `plannedAt` for one.
    package let plannedUntil: Timestamp
    /// How many planned times these are; nil: too many to be counted.
    package let count: Int?
    /// Whether somebody asked for it; it is no planned time then.
    package let isManual: Bool
    package let recordedAt: Timestamp
    /// One of `TickOutcome`.
    package let outcome: String
    package let job: JobID?
    /// When it began to wait for the job before it.
    package let queuedAt: Timestamp?
    package let requestedBy: String?
}

/// What became of a schedule that was to be stored.
package enum PutAnswer: Sendable, Hashable {
    case created, replaced
    /// Nothing was stored: its time does not come in the next 100 years.
    case neverFires
    /// Nothing was stored: what is there is not what the caller expects.
    case refused
}

/// What became of a schedule that was to be removed.
package enum RemoveAnswer: Sendable, Hashable {
    case removed, notFound
    /// Nothing was removed: what is there is not what the caller expects.
    case refused
}

extension StoreSession {
    /// The most schedules of one page.
    package static let listSchedulesMax = 1000

    private static let putSchedule = SQLCatalog.statement("put_schedule")
    private static let listSchedules = SQLCatalog.statement("list_schedules", isReadOnly: true)
    private static let removeSchedule = SQLCatalog.statement("remove_schedule")
    private static let pauseSchedule = SQLCatalog.statement("pause_schedule")
    private static let resumeSchedule = SQLCatalog.statement("resume_schedule")
    private static let runSchedule = SQLCatalog.statement("run_schedule")
    private static let listTicks = SQLCatalog.statement("list_ticks", isReadOnly: true)
    private static let readScheduleClock = SQLCatalog.statement("read_schedule_clock", isReadOnly: true)

    /// The time that ticks are compared with.
    package func scheduleMoment() throws(StoreError) -> Timestamp {
        try run(Self.readScheduleClock).moment(0, 0)
    }

    /// Creates or replaces a schedule. The same rule goes on where it is, also when it is paused.
    ///
    /// Two statements: the time, and the change; a tick that falls between them still fires.
    /// `condition` is asked about what is there, nil for nothing, after the lock of the change is held: until the
    /// transaction ends nobody else changes it.
    package func put(
        _ schedule: NewSchedule,
        by author: Author,
        when condition: ((ScheduleRecord?) -> Bool)? = nil
    ) throws(StoreError) -> PutAnswer {
        guard let first = schedule.firstTick(after: try scheduleMoment()) else { return .neverFires }
        return try audited(.schedulePut, of: schedule.name, by: author) { () throws(StoreError) in
            guard try allows(condition, schedule.name) else { return (.refused, nil) }
            return (try store(schedule, first: first) ? .created : .replaced, schedule.name)
        }
    }

    private func allows(_ condition: ((ScheduleRecord?) -> Bool)?, _ name: String) throws(StoreError) -> Bool {
        guard let condition else { return true }
        return condition(try schedule(name))
    }

    /// Creates or replaces a schedule whose first tick is known. Whether it is new.
    func put(_ schedule: NewSchedule, first: PlannedTick, by author: Author) throws(StoreError) -> Bool {
        try audited(.schedulePut, of: schedule.name, by: author) { () throws(StoreError) in
            (try store(schedule, first: first), schedule.name)
        }
    }

    private func store(_ schedule: NewSchedule, first: PlannedTick) throws(StoreError) -> Bool {
        let rows = try run(Self.putSchedule) {
            $0.text(schedule.name)
            $0.text(schedule.cron.text)
            $0.text(schedule.timeZone)
            $0.json(schedule.job.json.bytes)
            $0.int4(Int32(schedule.jitter.wholeMilliseconds))
            $0.text(schedule.overlap.rawValue)
            $0.text(schedule.catchUp.word)
            $0.int4(schedule.catchUp.max.map { Int32($0) })
            $0.int8(schedule.catchUp.window?.wholeMilliseconds)
            $0.timestamp(microseconds: first.plannedAt.microseconds)
            $0.timestamp(microseconds: first.dueAt.microseconds)
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
        var records: [ScheduleRecord] = []
        for row in 0..<rows.rowCount { records.append(try Self.record(rows, row)) }
        return records
    }

    private static func record(_ rows: ResultSet, _ row: Int) throws(StoreError) -> ScheduleRecord {
        let pause = rows.momentIfPresent(row, 13).map {
            PauseRecord(at: $0, by: rows.textIfPresent(row, 14) ?? "", reason: rows.textIfPresent(row, 15))
        }
        return ScheduleRecord(
            name: rows.text(row, 0),
            cron: rows.text(row, 1),
            timeZone: rows.text(row, 2),
            job: JSONText(trusted: rows.bytes(row, 3)),
            jitter: .milliseconds(rows.int4(row, 4)),
            overlap: try overlap(rows, row, 5),
            catchUp: try catchUp(rows, row, 6),
            nextTickAt: rows.momentIfPresent(row, 9),
            lastTickAt: rows.momentIfPresent(row, 10),
            lastJob: rows.int8IfPresent(row, 11).flatMap(JobID.init(rawValue:)),
            pendingTickAt: rows.momentIfPresent(row, 12),
            pause: pause,
            fault: rows.textIfPresent(row, 16),
            createdAt: rows.moment(row, 17),
            updatedAt: rows.moment(row, 18),
            revision: rows.int8(row, 19)
        )
    }

    static func overlap(_ rows: ResultSet, _ row: Int, _ column: Int) throws(StoreError) -> OverlapPolicy {
        guard let policy = OverlapPolicy(rawValue: rows.text(row, column)) else {
            throw .unreadable("an overlap policy")
        }
        return policy
    }

    /// From three columns: the word, the most ticks, the window.
    static func catchUp(_ rows: ResultSet, _ row: Int, _ column: Int) throws(StoreError) -> CatchUpPolicy {
        let policy = CatchUpPolicy(
            word: rows.text(row, column),
            max: rows.int4IfPresent(row, column + 1).map { Int($0) },
            window: rows.int8IfPresent(row, column + 2).map { .milliseconds($0) }
        )
        guard let policy else { throw .unreadable("a catch-up policy") }
        return policy
    }

    /// Removes a schedule. False: there was none.
    package func remove(schedule name: String, by author: Author) throws(StoreError) -> Bool {
        try remove(schedule: name, by: author, when: nil) == .removed
    }

    /// The same under a condition, as for `put`.
    package func remove(
        schedule name: String,
        by author: Author,
        when condition: ((ScheduleRecord?) -> Bool)?
    ) throws(StoreError) -> RemoveAnswer {
        try audited(.scheduleRemove, of: name, by: author) { () throws(StoreError) in
            guard try allows(condition, name) else { return (.refused, nil) }
            let existed = try run(Self.removeSchedule) { $0.text(name) }.bool(0, 0)
            return existed ? (.removed, name) : (.notFound, nil)
        }
    }

    /// Pauses a schedule: once this returns, no tick of it fires. A paused one keeps its first record. False: there is
    /// none.
    package func pause(schedule name: String, by who: Author, reason: String?) throws(StoreError) -> Bool {
        let author = who.giving(reason)
        return try audited(.schedulePause, of: name, by: author) { () throws(StoreError) in
            let exists = try run(Self.pauseSchedule) {
                $0.text(name)
                $0.text(author.name)
                $0.text(author.reason)
            }.bool(0, 0)
            return (exists, exists ? name : nil)
        }
    }

    /// Lets the ticks of a schedule fire from now on. False: there is none.
    package func resume(schedule name: String, by author: Author) throws(StoreError) -> Bool {
        try audited(.scheduleResume, of: name, by: author) { () throws(StoreError) in
            let exists = try run(Self.resumeSchedule) { $0.text(name) }.bool(0, 0)
            return (exists, exists ? name : nil)
        }
    }

    /// Enqueues the job of a schedule now, paused or not, and notes who asked for it. Answers the job and its queue;
    /// nil: there is no such schedule.
    package func runNow(
        schedule name: String,
        by author: Author
    ) throws(StoreError) -> (job: JobID, queue: QueueName)? {
        try audited(.scheduleTrigger, of: name, by: author) { () throws(StoreError) in
            let rows = try run(Self.runSchedule) {
                $0.text(name)
                $0.text(author.name)
            }
            guard let id = rows.int8IfPresent(0, 0) else { return (nil, nil) }
            guard let job = JobID(rawValue: id), let queue = QueueName(rows.textIfPresent(0, 1) ?? "") else {
                throw .unreadable("the job of a schedule")
            }
            return ((job, queue), name)
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
                plannedUntil: rows.moment(row, 1),
                count: rows.int8IfPresent(row, 2).map { Int($0) },
                isManual: rows.bool(row, 3),
                recordedAt: rows.moment(row, 4),
                outcome: rows.text(row, 5),
                job: rows.int8IfPresent(row, 6).flatMap(JobID.init(rawValue:)),
                queuedAt: rows.momentIfPresent(row, 7),
                requestedBy: rows.textIfPresent(row, 8)
            )
        }
    }
}

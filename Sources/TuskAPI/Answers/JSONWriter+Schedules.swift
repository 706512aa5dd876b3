package import TuskCore
package import TuskStore

// Schedules as JSON, for answers of the API and for `tusk -o json`.

extension JSONWriter {
    /// The members of a schedule.
    package mutating func members(of schedule: ScheduleRecord) {
        member("name", schedule.name)
        member("cron", schedule.cron)
        member("time_zone", schedule.timeZone)
        member("job", ifPresent: schedule.job)
        member("jitter_seconds", seconds: schedule.jitter)
        member("overlap", schedule.overlap.rawValue)
        member("catch_up", schedule.catchUp.word)
        if let max = schedule.catchUp.max { member("catch_up_max", max) }
        if let window = schedule.catchUp.window { member("catch_up_window_seconds", seconds: window) }
        member("next_tick_at", ifPresent: schedule.nextTickAt)
        member("last_tick_at", ifPresent: schedule.lastTickAt)
        member("last_job_id", ifPresent: schedule.lastJob?.description)
        member("pending_tick_at", ifPresent: schedule.pendingTickAt)
        key("paused")
        bool(schedule.pause != nil)
        member("pause", ifPresent: schedule.pause)
        member("fault", ifPresent: schedule.fault)
        member("created_at", schedule.createdAt)
        member("updated_at", schedule.updatedAt)
    }

    /// The members of a planned time and what became of it; `planned_until` and `count` only of a run of them.
    package mutating func members(of tick: TickRecord) {
        member("planned_at", tick.plannedAt)
        if tick.plannedUntil != tick.plannedAt { member("planned_until", tick.plannedUntil) }
        if let count = tick.count, count > 1 { member("count", count) }
        member("recorded_at", tick.recordedAt)
        member("outcome", tick.outcome)
        member("job_id", ifPresent: tick.job?.description)
        member("queued_at", ifPresent: tick.queuedAt)
        member("requested_by", ifPresent: tick.requestedBy)
    }

    /// The members of a preview.
    package mutating func members(of preview: SchedulePreview, after moment: Timestamp, count: Int) {
        member("words", preview.words)
        member("ticks", preview.ticks(after: moment, count: count)) { $0.members(of: $1) }
    }

    /// The members of a tick to come; `due_at` only when jitter puts it off.
    package mutating func members(of tick: PlannedTick) {
        member("planned_at", tick.plannedAt)
        if tick.dueAt != tick.plannedAt { member("due_at", tick.dueAt) }
    }

    private mutating func member(_ name: String, seconds: Duration) {
        key(name)
        double(Double(seconds.wholeMilliseconds) / 1000)
    }
}

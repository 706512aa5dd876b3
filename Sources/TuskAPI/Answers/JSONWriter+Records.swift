package import TuskCore
package import TuskStore

// Queues, workers and schedules as JSON, for answers of the API and for `tusk -o json`.

extension JSONWriter {
    /// The members of a queue; counts stop at `count_max`.
    package mutating func members(of queue: QueueRecord) {
        members(ofQueue: queue.name, pause: queue.pause)
        member("available", queue.available)
        member("scheduled", queue.scheduled)
        member("blocked", queue.blocked)
        member("running", queue.running)
        member("workers", queue.workers)
        guard let wait = queue.oldestWait else { return }
        key("oldest_wait_seconds")
        double(Double(wait.wholeMilliseconds) / 1000)
    }

    /// The members of a queue that say whether workers may claim from it.
    package mutating func members(ofQueue name: String, pause: QueuePause?) {
        member("name", name)
        key("paused")
        bool(pause != nil)
        guard let pause else { return }
        key("pause")
        beginObject()
        member("at", pause.at)
        member("by", pause.by)
        member("reason", ifPresent: pause.reason)
        endObject()
    }

    /// The members of a limit; what waits is counted up to `waiting_max`. A class has neither `running` nor `waiting`.
    package mutating func members(of limit: RunningLimitRecord) {
        member("key", limit.key)
        member("running_max", limit.runningMax)
        if !limit.isClass {
            member("running", Int(limit.running))
            member("waiting", Int(limit.waiting))
        }
        member("updated_at", limit.updatedAt)
        member("updated_by", limit.updatedBy)
    }

    /// The members of a worker that lives.
    package mutating func members(of worker: WorkerStatus) {
        member("id", worker.id.description)
        member("state", worker.state)
        member("host", worker.host)
        member("process_id", worker.processID)
        member("version", worker.version)
        member("slots", worker.slots)
        member("running", worker.running)
        member("queues", worker.queues)
        member("kinds", worker.kinds)
        member("started_at", worker.startedAt)
        member("heartbeat_at", worker.heartbeatAt)
    }

    /// The members of a schedule.
    package mutating func members(of schedule: ScheduleRecord) {
        member("name", schedule.name)
        member("cron", schedule.cron)
        member("time_zone", schedule.timeZone)
        member("job", ifPresent: schedule.job)
        member("next_tick_at", schedule.nextTickAt)
        member("last_tick_at", ifPresent: schedule.lastTickAt)
        member("created_at", schedule.createdAt)
        member("updated_at", schedule.updatedAt)
    }

    /// The members of a planned time and what became of it.
    package mutating func members(of tick: TickRecord) {
        member("planned_at", tick.plannedAt)
        member("recorded_at", tick.recordedAt)
        member("outcome", tick.outcome)
        member("job_id", ifPresent: tick.job?.description)
    }
}

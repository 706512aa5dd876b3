package import TuskCore
package import TuskStore

// Jobs and what belongs to them as JSON, for answers of the API and for `tusk -o json`. Ids and leases are strings,
// because they are beyond what JavaScript counts; members without a value are left out.

extension JSONWriter {
    /// The members of a job. Lists leave out what may be large: `args`, `metadata` and `result`.
    package mutating func members(of job: JobRecord, isWhole: Bool) {
        member("id", job.id.description)
        member("state", job.state.rawValue)
        member("kind", job.kind)
        member("queue", job.queue)
        member("priority", job.priority)
        member("attempt", job.attempt)
        member("max_attempts", job.maxAttempts)
        member("tags", job.tags)
        if isWhole {
            member("args", ifPresent: job.args)
            member("metadata", ifPresent: job.metadata)
            member("result", ifPresent: job.result)
            if let wishes = job.wishes { members(of: wishes) }
        }
        member("traceparent", ifPresent: job.traceparent)
        member("created_at", job.createdAt)
        member("run_at", ifPresent: job.runAt)
        member("started_at", ifPresent: job.startedAt)
        member("finished_at", ifPresent: job.finishedAt)
        member("cancel_requested_at", ifPresent: job.cancelRequestedAt)
        member("lease", ifPresent: job.lease.map { String($0.rawValue) })
        member("worker", ifPresent: job.worker?.description)
        member("blocked_by", ifPresent: job.blockedBy)
        member("reason", ifPresent: job.reason)
        member("error", ifPresent: job.error)
        writeProgress(of: job)
    }

    private mutating func members(of wishes: JobWishes) {
        if let timeout = wishes.timeout {
            key("timeout_seconds")
            raw(timeout.secondsText.utf8)
        }
        member("retry", ifPresent: wishes.retry)
        member("limits", ifPresent: wishes.limits)
        member("unique", ifPresent: wishes.unique)
        member("order_key", ifPresent: wishes.orderKey)
        member("fair_key", ifPresent: wishes.fairKey)
        member("start_by", ifPresent: wishes.startBy)
        member("finish_by", ifPresent: wishes.finishBy)
    }

    private mutating func writeProgress(of job: JobRecord) {
        guard job.progressFraction != nil else { return }
        key("progress")
        beginObject()
        progressMembers(of: job)
        endObject()
    }

    /// How far a job is, when that is known.
    package mutating func progressMembers(of job: JobRecord) {
        guard let fraction = job.progressFraction else { return }
        key("fraction")
        double(fraction)
        member("message", ifPresent: job.progressMessage)
    }

    /// The members of an attempt.
    package mutating func members(of attempt: AttemptRecord) {
        member("attempt", attempt.attempt)
        member("lease", String(attempt.lease))
        member("started_at", attempt.startedAt)
        member("ended_at", attempt.endedAt)
        member("worker", ifPresent: attempt.worker?.description)
        member("ended", attempt.ended)
        member("error", ifPresent: attempt.error)
    }

    /// The members of a step that is done.
    package mutating func members(of step: StepRecord) {
        member("name", step.name)
        member("lease", String(step.lease))
        member("kept_at", step.keptAt)
        member("value", ifPresent: step.value)
    }

    /// The members of a line that a handler logged.
    package mutating func members(of line: JobLogRecord) {
        member("lease", String(line.lease))
        member("line", line.line)
        member("level", Self.levelName(line.level))
        member("logged_at", line.loggedAt)
        member("message", line.message)
    }

    /// Syslog's severities by the names of our log levels.
    package static func levelName(_ severity: Int) -> String {
        switch severity {
        case ...3: "error"
        case 4: "warning"
        case 5: "notice"
        case 6: "info"
        default: "debug"
        }
    }
}

extension EnqueuedJob {
    /// What is said of a job that was there before; nothing of a new one.
    func writeDeduplication(to writer: inout JSONWriter) {
        guard isDeduplicated else { return }
        writer.key("deduplicated")
        writer.bool(true)
        guard isReplaced else { return }
        writer.key("replaced")
        writer.bool(true)
    }
}

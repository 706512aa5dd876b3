package import TuskCore
package import TuskStore

// Queues and workers as JSON, for answers of the API and for `tusk -o json`.

extension JSONWriter {
    /// The members of a queue; counts stop at `count_max`.
    package mutating func members(of queue: QueueRecord) {
        members(ofQueue: queue.name, pause: queue.pause)
        member("available", queue.available)
        member("scheduled", queue.scheduled)
        member("blocked", queue.blocked)
        member("running", queue.running)
        member("workers", queue.workers)
        member("kinds_not_offered", queue.kindsNotOffered)
        if let ageing = queue.ageing { member("ageing", ageing) }
        guard let wait = queue.oldestWait else { return }
        key("oldest_wait_seconds")
        double(Double(wait.wholeMilliseconds) / 1000)
    }

    /// The time after which a job goes up a band, in seconds, or null.
    package mutating func member(_ name: String, _ ageing: Duration?) {
        key(name + "_seconds")
        if let ageing { raw(ageing.secondsText.utf8) } else { null() }
    }

    /// The members of a queue that say whether workers may claim from it.
    package mutating func members(ofQueue name: String, pause: PauseRecord?) {
        member("name", name)
        key("paused")
        bool(pause != nil)
        member("pause", ifPresent: pause)
    }

    /// How many may start in a time.
    package mutating func member(_ name: String, _ rate: RateLimit) {
        key(name)
        rate.write(to: &self)
    }

    /// Who paused something, when and why.
    package mutating func member(_ name: String, ifPresent pause: PauseRecord?) {
        guard let pause else { return }
        key(name)
        beginObject()
        member("at", pause.at)
        member("by", pause.by)
        member("reason", ifPresent: pause.reason)
        member("until", ifPresent: pause.until)
        endObject()
    }

    /// The members of an explanation of a job.
    package mutating func members(of explanation: Explanation, _ id: JobID) {
        member("id", id.description)
        members(of: explanation)
    }

    /// The members of an explanation of a queue.
    package mutating func members(of explanation: Explanation, _ queue: QueueName) {
        member("queue", queue.text)
        members(of: explanation)
    }

    private mutating func members(of explanation: Explanation) {
        key("runnable")
        bool(explanation.isRunnable)
        member("reasons", explanation.reasons) { writer, reason in
            writer.member("reason", reason.word)
            writer.member("message", reason.message)
            writer.member("detail", ifPresent: reason.detail)
        }
    }

    /// A breaker, and what it has seen.
    package mutating func member(_ name: String, _ breaker: CircuitBreaker, _ limit: KeyLimitRecord? = nil) {
        key(name)
        beginObject()
        breaker.writeMembers(to: &self)
        if let limit { member("open", Int(limit.openBreakers)) }
        if let fault = limit?.fault {
            member("failures_seen", fault.failures)
            member("reason", fault.reason)
            if let opening = fault.opening {
                member("opened_at", opening.at)
                member("probe_at", opening.probeAt)
                member("wave", opening.wave)
            }
        }
        endObject()
    }

    /// The members of a limit; what waits is counted up to `waiting_max`. A class has neither `running` nor `waiting`.
    package mutating func members(of limit: KeyLimitRecord) {
        member("key", limit.key)
        if let most = limit.runningMax { member("running_max", most) }
        if let rate = limit.rate { member("rate", rate) }
        if let breaker = limit.breaker { member("breaker", breaker, limit) }
        if let weight = limit.shareWeight { member("share_weight", weight) }
        member("pause", ifPresent: limit.pause)
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
}

extension JSONWriter {
    /// The members of an order key that jobs wait for.
    package mutating func members(of line: OrderKeyRecord) {
        member("key", line.key)
        member("head", ifPresent: line.head?.description)
        member("head_state", ifPresent: line.headState?.rawValue)
        member("discarded_at", ifPresent: line.discardedAt)
        member("blocked_until", ifPresent: line.blockedUntil)
        member("waiting", Int(line.waiting))
    }
}

import TuskCore
package import TuskStore

// Discarded jobs in groups as JSON, for answers of the API and for `tusk -o json`.

extension JSONWriter {
    /// The members of a group of discarded jobs.
    package mutating func members(of group: ErrorGroup) {
        member("fingerprint", group.fingerprint)
        member("kind", group.kind)
        member("reason", group.reason)
        member("message", group.message)
        member("count", Int(group.count))
        member("first_at", group.firstAt)
        member("last_at", group.lastAt)
        member("newest_job", group.newestJob.description)
    }
}

extension JSONWriter {
    /// The members of an operation.
    package mutating func members(of operation: OperationRecord) {
        member("id", String(operation.id))
        member("state", operation.state.rawValue)
        member("action", operation.action.rawValue)
        key("filter")
        operation.filter.write(to: &self)
        if operation.sparesRunning {
            key("spare_running")
            bool(true)
        }
        if let rate = operation.perSecond { member("per_second", rate) }
        if let canary = operation.canary {
            key("canary")
            canary.write(to: &self)
            member("canary_failed", operation.canaryFailed)
        }
        member("matched", Int(operation.matched))
        member("examined", Int(operation.examined))
        member("done", Int(operation.done))
        member("refused", Int(operation.refused))
        member("created_at", operation.createdAt)
        member("created_by", operation.createdBy)
        member("reason", ifPresent: operation.reason)
        member("ended_at", ifPresent: operation.endedAt)
        member("cancelled_at", ifPresent: operation.cancelledAt)
        member("cancelled_by", ifPresent: operation.cancelledBy)
        member("cancel_reason", ifPresent: operation.cancelReason)
    }

    /// How many jobs an operation would be about.
    package mutating func members(of count: FailureCount) {
        member("matched", Int(count.matched))
        key("exact")
        bool(count.isExact)
        member("examined", Int(count.examined))
        member("examined_max", StoreSession.failuresExaminedMax)
    }
}

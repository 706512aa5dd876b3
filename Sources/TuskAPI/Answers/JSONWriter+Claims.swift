import TuskCore
import TuskStore

extension JSONWriter {
    /// The members of the answer to a claim; nil: the wait was in vain.
    mutating func members(ofClaim claim: (token: ClaimToken, grant: OutsideGrant)?) {
        if let claim {
            member("lease", claim.token.text)
            member("expires_at", claim.grant.expiresAt)
        }
        member("jobs", claim?.grant.jobs ?? []) { $0.members(of: $1) }
    }

    /// The members of a job that was claimed. Its `lease` is the number that fences it, as everywhere else.
    private mutating func members(of job: ClaimedJob) {
        member("id", job.id.description)
        member("kind", job.kind.text)
        member("queue", job.queue.text)
        member("priority", Int(job.priority.rawValue))
        member("attempt", job.attempt)
        member("max_attempts", job.maxAttempts)
        if let timeout = job.timeout {
            key("timeout_seconds")
            raw(timeout.secondsText.utf8)
        }
        if job.startsIn > .zero {
            key("starts_in_seconds")
            raw(job.startsIn.secondsText.utf8)
        }
        member("lease", job.lease.description)
        member("args", ifPresent: job.args)
        member("tags", job.tags)
        member("metadata", ifPresent: job.metadata)
        member("traceparent", ifPresent: job.traceparent)
        member("created_at", job.createdAt)
    }

    /// The members of what became of an outcome.
    mutating func members(ofSettled job: JobID, _ state: JobState?) {
        member("id", job.description)
        guard let state else {
            member("status", Claimer.jobLost.status)
            key("problem")
            return Claimer.jobLost.write(to: &self, requestID: nil)
        }
        member("status", 200)
        member("state", state.rawValue)
    }
}

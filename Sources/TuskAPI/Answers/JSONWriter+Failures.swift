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

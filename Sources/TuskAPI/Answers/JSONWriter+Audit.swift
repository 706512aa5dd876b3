package import TuskCore
package import TuskStore

extension JSONWriter {
    /// The members of a change that an operator asked for, for answers of the API and for `tusk audit -o json`.
    package mutating func members(of record: AuditRecord) {
        member("id", String(record.id))
        member("at", record.recordedAt)
        member("actor_id", record.actorID)
        member("actor", record.actor)
        member("origin", ifPresent: record.origin)
        member("action", record.action)
        member("target_kind", record.targetKind)
        member("target", record.target)
        member("reason", ifPresent: record.reason)
        member("before", ifPresent: record.before)
        member("after", ifPresent: record.after)
    }
}

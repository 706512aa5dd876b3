package import TuskCore
import TuskPostgres

/// Who changes something, from where and why.
package struct Author: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The id of an API key; `cli`, `swift` or `anonymous` where there is none.
    package let id: String
    /// For people: the name of the key, or of the user.
    package let name: String
    /// The address the request came from, or the host of the command line; nil: not known.
    package let origin: String?
    /// Why, for those who ask later; nil: nothing was said.
    package var reason: String?

    /// Somebody of that name.
    package init(id: String, name: String, origin: String? = nil, reason: String? = nil) {
        self.id = id
        self.name = name
        self.origin = origin
        self.reason = reason
    }

    /// The same with a reason.
    package func giving(_ reason: String?) -> Author {
        Author(id: id, name: name, origin: origin, reason: reason)
    }

    /// Somebody of whom nothing but the name is known, which stands for the id too.
    package init(stringLiteral name: String) {
        self.init(id: name, name: name)
    }
}

/// What operators do, as the record of it has it: the sort of thing, and the change.
package enum AuditAction: String, Sendable, Hashable, CaseIterable {
    case queuePause = "queue.pause"
    case queueResume = "queue.resume"
    case queueSet = "queue.set"
    case limitSet = "limit.set"
    case limitRemove = "limit.remove"
    case limitPause = "limit.pause"
    case limitResume = "limit.resume"
    case limitClose = "limit.close"
    case schedulePut = "schedule.put"
    case scheduleRemove = "schedule.remove"
    case schedulePause = "schedule.pause"
    case scheduleResume = "schedule.resume"
    case scheduleTrigger = "schedule.trigger"
    case orderRelease = "order.release"
    case jobEdit = "job.edit"
    case jobCancel = "job.cancel"
    case jobRetry = "job.retry"
    case operationCreate = "operation.create"
    case operationCancel = "operation.cancel"
    case keyCreate = "key.create"
    case keyRevoke = "key.revoke"
    case keyRotate = "key.rotate"
    case databaseResume = "database.resume"

    /// What sort of thing is changed, such as `queue`.
    package var targetKind: String { String(rawValue.prefix { $0 != "." }) }
}

/// A change that an operator asked for, as it is written down.
package struct AuditRecord: Sendable, Hashable {
    package let id: Int64
    package let recordedAt: Timestamp
    /// Who: the id of a key, or `cli`, `swift`, `anonymous`.
    package let actorID: String
    package let actor: String
    package let origin: String?
    /// One of `AuditAction`, or what another version of this program wrote.
    package let action: String
    package let targetKind: String
    package let target: String
    package let reason: String?
    /// What it was before; nil: it was not there.
    package let before: JSONText?
    /// What it was afterwards; nil: it is not there any more.
    package let after: JSONText?
}

/// Which changes are meant; nil: whichever.
package struct AuditFilter: Sendable, Hashable {
    /// The id or the name of who did it.
    package var actor: String?
    package var action: AuditAction?
    package var targetKind: String?
    /// The name of what was changed.
    package var target: String?
    package var since: Timestamp?

    /// All changes, unless narrowed.
    package init() {}

    /// Only changes of what `text` names: a sort of thing such as `queue`, or one thing such as `queue:mail`.
    package mutating func narrow(toTarget text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        targetKind = String(parts[0])
        target = parts.count == 2 ? String(parts[1]) : nil
    }
}

extension StoreSession {
    /// The most records of one page.
    package static let listAuditMax = 1000

    private static let beginAudit = SQLCatalog.statement("begin_audit")
    private static let writeAudit = SQLCatalog.statement("write_audit")
    private static let listAudit = SQLCatalog.statement("list_audit", isReadOnly: true)

    /// Makes a change that an operator asks for, and writes down who, what, when and why in its transaction: neither is
    /// there without the other. Every verb that operators use changes what it does in here, and nowhere else.
    ///
    /// - Parameters:
    ///   - action: What is done.
    ///   - target: The name of what is changed; nil: it gets one by the change.
    ///   - author: Who does it, and why.
    ///   - body: Makes the change; `changed` is the name of what was changed, nil: nothing was, and nothing is written
    ///     down. What belongs behind the commit does not belong in here.
    /// - Returns: What `body` answers.
    /// - Throws: `StoreError`; nothing was changed then, unless it says that the outcome is unknown.
    func audited<Answer>(
        _ action: AuditAction,
        of target: String?,
        by author: Author,
        _ body: () throws(StoreError) -> (answer: Answer, changed: String?)
    ) throws(StoreError) -> Answer {
        // A caller's transaction is the change's too.
        guard !session.isInTransactionBody else { return try writingDown(action, of: target, by: author, body) }
        return try transaction { _ throws(StoreError) in try writingDown(action, of: target, by: author, body) }
    }

    private func writingDown<Answer>(
        _ action: AuditAction,
        of target: String?,
        by author: Author,
        _ body: () throws(StoreError) -> (answer: Answer, changed: String?)
    ) throws(StoreError) -> Answer {
        var before: String?
        if let target {
            before = try run(Self.beginAudit) {
                $0.text(action.targetKind)
                $0.text(target)
            }.textIfPresent(0, 0)
        }
        let (answer, changed) = try body()
        guard let changed else { return answer }
        _ = try run(Self.writeAudit) {
            $0.text(author.id)
            $0.text(author.name)
            $0.text(author.origin)
            $0.text(action.rawValue)
            $0.text(action.targetKind)
            $0.text(changed)
            $0.text(author.reason)
            $0.text(before)
        }
        return answer
    }

    /// What operators changed, the newest first, below an id; nil starts at the newest.
    package func audit(_ filter: AuditFilter, below id: Int64?, limit: Int) throws(StoreError) -> [AuditRecord] {
        let rows = try run(Self.listAudit) {
            $0.text(filter.actor)
            $0.text(filter.action?.rawValue)
            $0.text(filter.targetKind)
            $0.text(filter.target)
            $0.timestamp(microseconds: filter.since?.microseconds)
            $0.int8(id ?? .max)
            $0.int4(Int32(min(limit, Self.listAuditMax)))
        }
        return (0..<rows.rowCount).map { row in
            AuditRecord(
                id: rows.int8(row, 0),
                recordedAt: rows.moment(row, 1),
                actorID: rows.text(row, 2),
                actor: rows.text(row, 3),
                origin: rows.textIfPresent(row, 4),
                action: rows.text(row, 5),
                targetKind: rows.text(row, 6),
                target: rows.text(row, 7),
                reason: rows.textIfPresent(row, 8),
                before: rows.jsonIfPresent(row, 9),
                after: rows.jsonIfPresent(row, 10)
            )
        }
    }
}

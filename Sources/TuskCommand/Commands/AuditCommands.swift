import TuskAPI
import TuskCore
import TuskStore

/// `tusk audit`.
enum AuditCommands {
    private static let actor = Option.argument("actor", .text("NAME"), "only by this user or key, by its name or id")
    private static let action = Option.argument(
        "action",
        .choice(AuditAction.allCases.map(\.rawValue)),
        "only this action"
    )
    private static let target = Option.argument(
        "target",
        .text("KIND[:NAME]"),
        "only of this, such as limit or queue:mail"
    )
    private static let within = Option.argument(
        "within",
        .duration(.seconds(1) ... .seconds(36_500 * 86_400)),
        "only of the last so long, such as 7d"
    )
    private static let before = Option.argument(
        "before",
        .integer(1...Int.max),
        "only those before this one, by its number"
    )
    private static let limit = Option.argument(
        "limit",
        short: "n",
        .integer(1...StoreSession.listAuditMax),
        fallback: "20",
        "how many"
    )

    static let all = [
        Command(
            path: ["audit"],
            summary: "shows what operators changed: who, what, when and why, the newest first",
            details: "Each change over HTTP, by this program or by the Swift client is written down in its own"
                + " transaction, with what was there before and after; -o json shows these. Kept for the setting"
                + " audit_retention, 90 days.",
            options: [actor, action, target, within, before, limit],
            examples: ["tusk audit --target queue:mail", "tusk audit --within 7d -n 1000 -o jsonl"],
            body: list
        )
    ]

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        var filter = AuditFilter()
        filter.actor = try context.text(actor)
        filter.action = try context.text(action).flatMap { AuditAction(rawValue: $0) }
        if let text = try context.text(target) { filter.narrow(toTarget: text) }
        let age = try context.duration(within)
        let below = try context.integer(before).map { Int64($0) }
        let max = try context.integer(limit) ?? 20
        let wish = filter
        let records = try context.database().with { session throws(StoreError) in
            var filter = wish
            if let age {
                let now = try session.health().moment
                filter.since = Timestamp(microseconds: now.microseconds - age.wholeMicroseconds)
            }
            return try session.audit(filter, below: below, limit: max)
        }
        try context.console.show(
            records,
            as: "audit",
            object: { record in JSONWriter.object { $0.members(of: record) } },
            table: { table(records) },
            empty: wish == AuditFilter() && age == nil && below == nil
                ? "Nothing was changed yet." : "No change is like that. All: tusk audit"
        )
        if records.count == max, let last = records.last, context.console.format == .table {
            context.console.note("There may be more: \(before.flag) \(last.id)")
        }
        return .success
    }

    private static func table(_ records: [AuditRecord]) -> Table {
        var table = Table([
            Table.Column(title: "ID", alignment: .right), Table.Column(title: "AT"), Table.Column(title: "BY"),
            Table.Column(title: "FROM"), Table.Column(title: "ACTION"), Table.Column(title: "TARGET"),
            Table.Column(title: "REASON"),
        ])
        for record in records {
            table.add(
                Table.Cell(String(record.id)),
                Table.Cell(Words.exact(record.recordedAt)),
                Table.Cell(record.actor),
                Table.Cell(record.origin),
                Table.Cell(record.action),
                Table.Cell(record.target),
                Table.Cell(record.reason)
            )
        }
        return table
    }
}

import TuskAPI
import TuskCore
import TuskStore

/// `tusk errors`.
enum ErrorCommands {
    private static let limit = Option.argument(
        "limit",
        short: "n",
        .integer(1...StoreSession.errorGroupsMax),
        fallback: "20",
        "how many groups"
    )

    static let all = [
        Command(
            path: ["errors"],
            summary: "shows discarded jobs in groups by how they failed, the largest first",
            details: "Jobs of the same kind that were discarded for the same reason with the same message are one"
                + " group; quoted text and words with a digit or an @ in them are shown as ?. Looks at the"
                + " \(StoreSession.failuresExaminedMax) jobs that were discarded last.",
            options: FailureOptions.all + [limit],
            examples: ["tusk errors", "tusk errors --kind send_email -o json"],
            body: list
        )
    ]

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let filter = try FailureOptions.filter(context)
        let max = try context.integer(limit) ?? 20
        let (found, now) = try context.database().with { session throws(StoreError) in
            (try session.errorGroups(filter, max: max), try session.health().moment)
        }
        try context.console.show(
            found.groups,
            as: "errors",
            object: { group in JSONWriter.object { $0.members(of: group) } },
            table: { table(found.groups, now) },
            empty: filter.isOpen ? "No job was discarded." : "No discarded job is like that. All: tusk errors"
        )
        if found.examined == StoreSession.failuresExaminedMax, context.console.format == .table {
            context.console.note("These are of the \(found.examined) jobs that were discarded last; there may be more.")
        }
        return .success
    }

    private static func table(_ groups: [ErrorGroup], _ now: Timestamp) -> Table {
        var table = Table([
            Table.Column(title: "JOBS", alignment: .right), Table.Column(title: "KIND"), Table.Column(title: "REASON"),
            Table.Column(title: "LAST"), Table.Column(title: "NEWEST"), Table.Column(title: "FINGERPRINT"),
            Table.Column(title: "MESSAGE"),
        ])
        for group in groups {
            table.add(
                Table.Cell(String(group.count)),
                Table.Cell(group.kind),
                Table.Cell(group.reason),
                Table.Cell(Words.relative(group.lastAt, to: now)),
                Table.Cell(group.newestJob.description),
                Table.Cell(group.fingerprint),
                Table.Cell(group.message)
            )
        }
        return table
    }
}

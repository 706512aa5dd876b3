import TuskAPI
import TuskCore
import TuskStore

/// `tusk order`.
enum OrderCommands {
    private static let linesMax = 1000

    static let all = [
        Command(
            path: ["order", "list"],
            summary: "shows the order keys that jobs wait for, and which job holds each",
            details: "At most \(linesMax) keys. A key whose job was discarded waits for tusk job retry or"
                + " tusk order release, unless the job says otherwise.",
            body: list
        ),
        Command(
            path: ["order", "release"],
            summary: "lets the jobs behind a discarded one go on without it",
            operands: [Command.Operand(name: "KEY")],
            options: [Operator.reason],
            examples: ["tusk order release customer:7"],
            body: release
        ),
    ]

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let lines = try context.database().with { session throws(StoreError) in
            try session.orderKeys(after: nil, max: linesMax)
        }
        try context.console.show(
            lines,
            as: "order_keys",
            object: { line in JSONWriter.object { $0.members(of: line) } },
            table: { table(lines) },
            empty: "No job waits for an order key."
        )
        return .success
    }

    private static func release(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let key = context.operand(0) ?? ""
        guard NameRule.allows(key) else {
            throw CommandError(.usage, "KEY \(NameRule.text), not \"\(key.prefix(60))\"")
        }
        let database = try context.database()
        let who = try Operator.author(context)
        switch try database.change({ session throws(StoreError) in try session.releaseOrderKey(key, by: who) }) {
        case .released(let queues):
            for queue in queues { database.wake(context.console) { _ in queue } }
            try context.console.show(JSONWriter.object { $0.put("key", key) }) {
                ["The jobs with order key \(key) go on."]
            }
            return .success
        case .busy:
            throw CommandError(.conflict, "the job that holds \(key) is not over", hint: "tusk order list shows it.")
        case .notFound:
            throw CommandError(.notFound, "no job has the order key \(key)", hint: "tusk order list shows all.")
        }
    }

    private static func table(_ lines: [OrderKeyRecord]) -> Table {
        var table = Table([
            Table.Column(title: "KEY"), Table.Column(title: "HELD BY"), Table.Column(title: "STATE"),
            Table.Column(title: "UNTIL"), Table.Column(title: "WAITING", alignment: .right),
        ])
        for line in lines {
            table.add(
                Table.Cell(line.key),
                Table.Cell(line.head?.description),
                Table.Cell(line.headState?.rawValue, line.headState == .discarded ? .bad : .plain),
                Table.Cell(Words.exact(line.blockedUntil)),
                Table.Cell(String(line.waiting))
            )
        }
        return table
    }
}

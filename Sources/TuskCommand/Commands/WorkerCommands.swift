import TuskAPI
import TuskCore
import TuskStore

/// `tusk worker list`. `tusk worker` itself, the process, is in `ServeCommands`.
enum WorkerCommands {
    /// The most workers shown.
    private static let workersMax = 1000

    static let all = [
        Command(path: ["worker", "list"], summary: "shows the workers that live", body: list)
    ]

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let (workers, now) = try context.database().with { session throws(StoreError) in
            (try session.workers(limit: workersMax), try session.health().moment)
        }
        try context.console.show(
            workers,
            as: "workers",
            object: { worker in JSONWriter.object { $0.members(of: worker) } },
            table: { table(workers, now) },
            empty: "No worker lives. Start one: tusk worker"
        )
        return .success
    }

    private static func table(_ workers: [WorkerStatus], _ now: Timestamp) -> Table {
        var table = Table([
            Table.Column(title: "WORKER"), Table.Column(title: "HOST"), Table.Column(title: "PID", alignment: .right),
            Table.Column(title: "STATE"), Table.Column(title: "RUNNING", alignment: .right),
            Table.Column(title: "SLOTS", alignment: .right), Table.Column(title: "STARTED"),
            Table.Column(title: "HEARD OF"), Table.Column(title: "QUEUES"),
        ])
        for worker in workers {
            table.add(
                Table.Cell(String(worker.id.description.prefix(8))),
                Table.Cell(worker.host),
                Table.Cell(String(worker.processID)),
                Table.Cell(worker.state, worker.state == "live" ? .good : .busy),
                Table.Cell(String(worker.running)),
                Table.Cell(String(worker.slots)),
                Table.Cell(Words.relative(worker.startedAt, to: now)),
                Table.Cell(Words.relative(worker.heartbeatAt, to: now)),
                Table.Cell(worker.queues.joined(separator: ", "))
            )
        }
        return table
    }
}

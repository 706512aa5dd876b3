import Glibc
import TuskAPI
import TuskCore
import TuskStore

/// `tusk queue`.
enum QueueCommands {
    private static let ageing = Option.argument(
        "ageing",
        .duration(StoreSession.ageingRange),
        "after waiting so long a job goes up a band, such as 5m"
    )
    private static let name = Command.Operand(name: "QUEUE")
    private static let yes = Option.argument("yes", .flag, "does not ask")

    static let all = [
        Command(
            path: ["queue", "list"],
            summary: "shows every queue with what waits and runs in it",
            details: "Counts stop at \(StoreSession.queueCountMax).",
            body: list
        ),
        Command(
            path: ["queue", "pause"],
            summary: "stops workers from claiming jobs of a queue",
            details: "Jobs that run go on, and new ones can be enqueued. Pausing a paused queue gives it the new reason"
                + " and the new end.",
            operands: [name],
            options: [Operator.reason, Operator.pauseTime],
            examples: ["tusk queue pause mail --reason 'the mail server moves' --for 2h"],
            body: pause
        ),
        Command(
            path: ["queue", "resume"],
            summary: "lets workers claim jobs of a paused queue again",
            operands: [name],
            options: [Operator.reason],
            body: resume
        ),
        Command(
            path: ["queue", "purge"],
            summary: "cancels all jobs that wait in a queue",
            details: "The scheduler does it, the oldest first. Jobs that run go on, and new ones can be enqueued. On a"
                + " terminal the name has to be typed once more; elsewhere --yes is needed.",
            operands: [name],
            options: [yes, Operator.reason],
            examples: ["tusk queue purge mail --yes --reason 'sent by hand'"],
            body: purge
        ),
        Command(
            path: ["queue", "set"],
            summary: "lets jobs of a queue go up a band when they have waited long",
            details: "Bands are strict: while urgent jobs wait the others do. With --ageing a job that has waited so"
                + " long goes up a band, behind those that are there, and again each time; without it jobs stay.",
            operands: [name],
            options: [ageing, Operator.reason],
            examples: ["tusk queue set mail --ageing 5m"],
            body: set
        ),
    ]

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let queues = try context.database().with { session throws(StoreError) in try session.queues() }
        try context.console.show(
            queues,
            as: "queues",
            object: { queue in JSONWriter.object { $0.members(of: queue) } },
            table: { table(queues) },
            empty: "No queue has jobs or workers yet. Enqueue one: tusk job add KIND --queue NAME"
        )
        for queue in queues where !queue.kindsNotOffered.isEmpty && context.console.format == .table {
            let kinds = queue.kindsNotOffered.joined(separator: ", ")
            context.console.note("No live worker of \(queue.name) offers \(kinds): tusk why --queue \(queue.name)")
        }
        return .success
    }

    private static func pause(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let queue = try queue(context)
        let reason = try context.text(Operator.reason)
        let who = try Operator.author(context)
        let end = try context.duration(Operator.pauseTime).map { PauseEnd.after($0) }
        let pause = try context.database().change { session throws(StoreError) in
            try session.pause(queue, by: who, reason: reason, until: end)
        }
        guard let pause else { throw CommandError(.failure, "the database did not pause \(queue)") }
        let object = JSONWriter.object { $0.members(ofQueue: queue.text, pause: pause) }
        try context.console.show(object) {
            let why = pause.reason.map { ": \(Printable.line($0))" } ?? ""
            let since = Words.exact(pause.at) ?? ""
            let until = Words.exact(pause.until).map { " until \($0)" } ?? ""
            return ["Queue \(queue) is paused since \(since)\(until) by \(Printable.line(pause.by))\(why)"]
        }
        return .success
    }

    private static func resume(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let queue = try queue(context)
        let who = try Operator.author(context)
        let database = try context.database()
        let wasPaused = try database.change { session throws(StoreError) in try session.resume(queue, by: who) }
        if wasPaused { database.wake(context.console) { _ in queue } }
        let object = JSONWriter.object { $0.members(ofQueue: queue.text, pause: nil) }
        try context.console.show(object) {
            [wasPaused ? "Queue \(queue) goes on." : "Queue \(queue) was not paused."]
        }
        return .success
    }

    private static func purge(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let queue = try queue(context)
        if try !context.flag(yes) {
            guard isatty(STDIN_FILENO) == 1 else {
                throw CommandError(.usage, "jobs that wait in queue \(queue) would be cancelled; say --yes")
            }
            Console.complain("All jobs that wait in queue \(queue) will be cancelled. Type its name to go on:")
            guard readLine() == queue.text else {
                throw CommandError(.failure, "that was not its name; nothing is done")
            }
        }
        let filter = FailureFilter(queue: queue)
        let reason = try OperationCommands.reason(context)
        return try OperationCommands.create(NewOperation(.cancel, filter, reason: reason, sparesRunning: true), context)
    }

    private static func set(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let queue = try queue(context)
        let time = try context.duration(ageing)
        let who = try Operator.author(context)
        try context.database().change { session throws(StoreError) in
            try session.setAgeing(time, of: queue, by: who)
        }
        let object = JSONWriter.object { writer in
            writer.put("name", queue.text)
            writer.member("ageing", time)
        }
        try context.console.show(object) {
            guard let time else { return ["Jobs of queue \(queue) stay in their bands."] }
            return ["Jobs of queue \(queue) go up a band each \(DurationText.print(time)) that they wait."]
        }
        return .success
    }

    private static func queue(_ context: CommandContext) throws(CommandError) -> QueueName {
        try Operands.queue(context.operand(0) ?? "")
    }

    private static func table(_ queues: [QueueRecord]) -> Table {
        var table = Table([
            Table.Column(title: "QUEUE"), Table.Column(title: "AVAILABLE", alignment: .right),
            Table.Column(title: "RUNNING", alignment: .right), Table.Column(title: "SCHEDULED", alignment: .right),
            Table.Column(title: "BLOCKED", alignment: .right), Table.Column(title: "OLDEST WAIT", alignment: .right),
            Table.Column(title: "WORKERS", alignment: .right), Table.Column(title: "AGEING", alignment: .right),
            Table.Column(title: "PAUSED"),
        ])
        for queue in queues {
            let waitsInVain = queue.available > 0 && queue.workers == 0
            table.add(
                Table.Cell(queue.name),
                Table.Cell(count(queue.available)),
                Table.Cell(count(queue.running)),
                Table.Cell(count(queue.scheduled)),
                Table.Cell(count(queue.blocked)),
                Table.Cell(queue.oldestWait.map(Words.rough)),
                Table.Cell(String(queue.workers), waitsInVain ? .bad : .plain),
                Table.Cell(queue.ageing.map { DurationText.print($0) }),
                Table.Cell(queue.pause.map(paused), .busy)
            )
        }
        return table
    }

    private static func paused(_ pause: PauseRecord) -> String {
        let end = Words.exact(pause.until).map { " until \($0)" } ?? ""
        return "by \(pause.by)\(end)" + (pause.reason.map { ": \($0)" } ?? "")
    }

    private static func count(_ number: Int) -> String {
        number >= StoreSession.queueCountMax ? "\(StoreSession.queueCountMax)+" : String(number)
    }
}

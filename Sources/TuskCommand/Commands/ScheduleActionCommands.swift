import TuskAPI
import TuskCore
import TuskStore
import TuskTelemetry

/// `tusk schedule`: what is done with schedules, and looking ahead.
enum ScheduleActionCommands {
    private static let name = Command.Operand(name: "NAME")
    private static let count = Option.argument("count", short: "n", .integer(1...1000), fallback: "5", "how many")

    static let all = [
        Command(
            path: ["schedule", "pause"],
            summary: "stops a schedule from firing",
            details: "Its planned times are recorded as paused. Pausing a paused schedule changes nothing.",
            operands: [name],
            options: [Operator.reason],
            examples: ["tusk schedule pause nightly --reason 'the warehouse moves'"],
            body: pause
        ),
        Command(
            path: ["schedule", "resume"],
            summary: "lets a paused schedule fire again, from its next planned time on",
            operands: [name],
            options: [Operator.reason],
            body: resume
        ),
        Command(
            path: ["schedule", "trigger"],
            summary: "enqueues the job of a schedule now",
            details: "Paused or not, and whatever its overlap policy; its planned times stay as they are.",
            operands: [name],
            options: [Operator.reason],
            body: trigger
        ),
        Command(
            path: ["schedule", "ticks"],
            summary: "shows what became of the planned times of a schedule, the newest first",
            operands: [name],
            options: [count],
            body: ticks
        ),
        Command(
            path: ["schedule", "next"],
            summary: "shows when a schedule, or a cron expression, fires next",
            details: "With --cron it needs no database.",
            operands: [Command.Operand(name: "NAME", isOptional: true)],
            options: [ScheduleRule.cron, ScheduleRule.timeZone, count],
            examples: ["tusk schedule next nightly", "tusk schedule next --cron '0 9 * * MON-FRI' --tz Europe/Rome"],
            body: next
        ),
        Command(
            path: ["schedule", "explain"],
            summary: "says in words when a cron expression fires",
            details: "It needs no database.",
            operands: [Command.Operand(name: "CRON")],
            options: [ScheduleRule.timeZone, count],
            examples: ["tusk schedule explain '0 9 * * MON-FRI' --tz Europe/Rome"],
            body: explain
        ),
    ]

    // MARK: pause, resume, trigger

    private static func pause(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        let reason = try context.text(Operator.reason)
        let who = try Operator.author(context)
        let database = try context.database()
        let exists = try database.change { session throws(StoreError) in
            try session.pause(schedule: name, by: who, reason: reason)
        }
        guard exists else { throw ScheduleCommands.missing(name) }
        let record = try ScheduleCommands.stored(name, database)
        try context.console.show(ScheduleCommands.object(record)) {
            guard let pause = record.pause else { return ["schedule \(name) was resumed meanwhile"] }
            let who = Printable.line(pause.by) + (pause.reason.map { ": \(Printable.line($0))" } ?? "")
            return ["schedule \(name) is paused since \(Words.exact(pause.at) ?? "") by \(who)"]
        }
        return .success
    }

    private static func resume(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        let database = try context.database()
        let who = try Operator.author(context)
        let exists = try database.change { session throws(StoreError) in try session.resume(schedule: name, by: who) }
        guard exists else { throw ScheduleCommands.missing(name) }
        let record = try ScheduleCommands.stored(name, database)
        try context.console.show(ScheduleCommands.object(record)) { ["schedule \(name) goes on"] }
        return .success
    }

    private static func trigger(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        let who = try Operator.author(context)
        let database = try context.database()
        let run = try database.change { session throws(StoreError) in try session.runNow(schedule: name, by: who) }
        guard let run else { throw ScheduleCommands.missing(name) }
        database.wake(context.console) { _ in run.queue }
        let object = JSONWriter.object { writer in
            writer.put("name", name)
            writer.put("job_id", run.job.description)
        }
        try context.console.show(object) { ["schedule \(name) enqueued job \(run.job)"] }
        return .success
    }

    // MARK: ticks, next, explain

    private static func ticks(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        let count = try context.integer(count) ?? 5
        let (schedule, ticks) = try context.database().with { session throws(StoreError) in
            (try session.schedule(name), try session.ticks(of: name, limit: count))
        }
        // A schedule that was removed leaves its ticks behind.
        guard schedule != nil || !ticks.isEmpty else { throw ScheduleCommands.missing(name) }
        try context.console.show(
            ticks,
            as: "ticks",
            object: { tick in JSONWriter.object { $0.members(of: tick) } },
            table: { table(ticks) },
            empty: "No planned time of \(name) has come yet."
        )
        return .success
    }

    private static func table(_ ticks: [TickRecord]) -> Table {
        var table = Table([
            Table.Column(title: "PLANNED AT"), Table.Column(title: "UNTIL"),
            Table.Column(title: "TICKS", alignment: .right), Table.Column(title: "OUTCOME"), Table.Column(title: "JOB"),
            Table.Column(title: "ASKED FOR BY"),
        ])
        for tick in ticks {
            table.add(
                Table.Cell(Words.exact(tick.plannedAt)),
                Table.Cell(tick.plannedUntil == tick.plannedAt ? nil : Words.exact(tick.plannedUntil)),
                Table.Cell(tick.count.map(String.init) ?? "many"),
                Table.Cell(tick.outcome),
                Table.Cell(tick.job?.description),
                Table.Cell(tick.requestedBy)
            )
        }
        return table
    }

    private static func next(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let preview: SchedulePreview
        let after: Timestamp
        switch (context.operand(0), try context.text(ScheduleRule.cron)) {
        case (nil, nil): throw CommandError(.usage, "\(ScheduleRule.cron.flag) or the NAME of a schedule is needed")
        case (.some, .some):
            throw CommandError(.usage, "\(ScheduleRule.cron.flag) cannot be given together with a NAME")
        case (nil, let text?):
            preview = try rule(text, ScheduleRule.cron.flag, context)
            after = Timestamp(microseconds: WallClock.now())
        case (let text?, nil):
            let name = try Operands.scheduleName(text)
            let (schedule, now) = try context.database().with { session throws(StoreError) in
                (try session.schedule(name), try session.scheduleMoment())
            }
            guard let schedule else { throw ScheduleCommands.missing(name) }
            preview = try stored(schedule)
            after = now
        }
        let ticks = preview.ticks(after: after, count: try context.integer(count) ?? 5)
        try context.console.show(
            ticks,
            as: "ticks",
            object: { tick in JSONWriter.object { $0.members(of: tick) } },
            table: { table(ticks, after: after) },
            empty: "It does not fire in the next 100 years."
        )
        return .success
    }

    private static func explain(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let preview = try rule(context.operand(0) ?? "", "CRON", context)
        let now = Timestamp(microseconds: WallClock.now())
        let count = try context.integer(count) ?? 5
        try context.console.show(JSONWriter.object { $0.members(of: preview, after: now, count: count) }) {
            [preview.words] + preview.ticks(after: now, count: count).compactMap { Words.exact($0.plannedAt) }
        }
        return .success
    }

    private static func rule(
        _ text: String,
        _ flag: String,
        _ context: CommandContext
    ) throws(CommandError) -> SchedulePreview {
        let zone = try context.text(ScheduleRule.timeZone) ?? "UTC"
        do throws(SchedulePreview.Failure) {
            return try SchedulePreview(cron: text, timeZone: zone)
        } catch {
            throw refusal(error, flag, ScheduleRule.timeZone.flag)
        }
    }

    private static func stored(_ schedule: ScheduleRecord) throws(CommandError) -> SchedulePreview {
        do throws(SchedulePreview.Failure) {
            return try SchedulePreview(schedule)
        } catch {
            throw refusal(error, "the schedule's cron", "the schedule's time zone")
        }
    }

    private static func refusal(_ failure: SchedulePreview.Failure, _ cron: String, _ zone: String) -> CommandError {
        switch failure {
        case .cron(let rule): CommandError(.usage, "\(cron) \(rule)")
        case .timeZone(let rule): CommandError(.usage, "\(zone) \(rule)")
        }
    }

    private static func table(_ ticks: [PlannedTick], after: Timestamp) -> Table {
        var table = Table([Table.Column(title: "PLANNED AT"), Table.Column(title: "IN")])
        for tick in ticks {
            table.add(Table.Cell(Words.exact(tick.plannedAt)), Table.Cell(Words.relative(tick.dueAt, to: after)))
        }
        return table
    }
}

import TuskAPI
import TuskCore
import TuskStore
import TuskTelemetry

/// `tusk schedule`: what schedules there are.
enum ScheduleCommands {
    private static let name = Command.Operand(name: "NAME")
    private static let kind = Option.argument("kind", .text("KIND"), "the kind of the jobs it enqueues")
    private static let jitter = Option.argument(
        "jitter",
        .duration(.zero...Jitter.max),
        fallback: "0s",
        "fires up to this much later, by a delay that is the same each time for the same tick"
    )
    private static let overlap = Option.argument(
        "overlap",
        .text("POLICY"),
        fallback: "allow",
        "while its last job lives: allow, skip, queue_one, or cancel_previous"
    )
    private static let catchUp = Option.argument(
        "catch-up",
        .text("POLICY"),
        fallback: "one",
        "which late ticks still fire: skip (none), one (the last), or all"
    )
    private static let catchUpMax = Option.argument(
        "catch-up-max",
        .integer(1...1000),
        "with --catch-up all: the most ticks that still fire; 100 without it"
    )
    private static let catchUpWindow = Option.argument(
        "catch-up-window",
        .duration(CatchUpPolicy.windowRange),
        "how late a tick may still fire; without it however late"
    )
    private static let rule = [
        ScheduleRule.cron, ScheduleRule.timeZone, kind, jitter, overlap, catchUp, catchUpMax, catchUpWindow,
    ]

    static let all =
        [
            Command(
                path: ["schedule", "add"],
                summary: "creates a schedule, or replaces the one of that name",
                details: "A replaced schedule keeps its place in time when --cron and --tz are the same.",
                operands: [name],
                options: rule + JobOptions.common + [Operator.reason],
                examples: [
                    "tusk schedule add nightly --cron '30 3 * * *' --tz Europe/Rome --kind data.rollup --args @it",
                    "tusk schedule add poll --cron '@every 90s' --overlap skip --jitter 10s --kind poll",
                ],
                body: add
            ),
            Command(path: ["schedule", "list"], summary: "shows all schedules", body: list),
            Command(
                path: ["schedule", "get"],
                summary: "shows one schedule and what became of its last planned times",
                operands: [name],
                body: get
            ),
            Command(
                path: ["schedule", "rm"],
                summary: "removes a schedule",
                operands: [name],
                options: [Operator.reason],
                body: remove
            ),
        ] + ScheduleFileCommands.all + ScheduleActionCommands.all

    // MARK: add

    private static func add(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let schedule = try newSchedule(context)
        let database = try context.database()
        let who = try Operator.author(context)
        let answer = try database.change { session throws(StoreError) in try session.put(schedule, by: who) }
        guard answer != .neverFires else {
            throw CommandError(.usage, "\(ScheduleRule.cron.flag): it does not fire in the next 100 years")
        }
        let record = try stored(schedule.name, database)
        try context.console.show(object(record)) {
            let verb = answer == .created ? "created" : "replaced"
            return ["schedule \(record.name) \(verb), fires next at \(Words.exact(record.nextTickAt) ?? "-")"]
        }
        return .success
    }

    /// What was just stored. That it cannot be read back must not sound as if nothing had been done.
    static func stored(_ name: String, _ database: Database) throws(CommandError) -> ScheduleRecord {
        do throws(CommandError) {
            let found = try database.with { session throws(StoreError) in try session.schedule(name) }
            guard let found else { throw missing(name) }
            return found
        } catch {
            throw CommandError(error.code, "schedule \(name) was stored, and then: \(error.message)", hint: error.hint)
        }
    }

    private static func newSchedule(_ context: CommandContext) throws(CommandError) -> NewSchedule {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        guard let cron = try context.text(ScheduleRule.cron) else {
            throw CommandError(.usage, "\(ScheduleRule.cron.flag) is missing")
        }
        guard let kindText = try context.text(kind) else { throw CommandError(.usage, "\(kind.flag) is missing") }
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.put("cron", cron)
        writer.put("time_zone", try context.text(ScheduleRule.timeZone) ?? "UTC")
        writer.put("job", try JobOptions.job(kind: kindText, context).json)
        put("jitter_seconds", try context.duration(jitter), &writer)
        writer.put("overlap", try context.text(overlap))
        writer.put("catch_up", try context.text(catchUp))
        writer.put("catch_up_max", try context.integer(catchUpMax))
        put("catch_up_window_seconds", try context.duration(catchUpWindow), &writer)
        writer.endObject()
        do {
            return try NewSchedule(name: name, json: JSONDocument(validating: writer.bytes, limits: .body).root)
        } catch let error as ValidationError {
            let problems = error.problems.map { problem in
                let field = problem.pointer.split(separator: "/").dropFirst().first.map(String.init) ?? ""
                return "\(flag(of: field)): \(problem.detail)"
            }
            throw CommandError(.usage, problems.joined(separator: "; "))
        } catch {
            throw CommandError(.usage, "the schedule is not valid: \(error)")
        }
    }

    private static func put(_ name: String, _ duration: Duration?, _ writer: inout JSONWriter) {
        guard let duration else { return }
        writer.key(name)
        writer.double(duration / .seconds(1))
    }

    /// Which flag a field of a schedule was given by.
    private static func flag(of field: String) -> String {
        switch field {
        case "time_zone": ScheduleRule.timeZone.flag
        case "jitter_seconds": jitter.flag
        case "catch_up_window_seconds": catchUpWindow.flag
        default: "--" + field.split(separator: "_").joined(separator: "-")
        }
    }

    // MARK: list, get, rm

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let (schedules, now) = try context.database().with { session throws(StoreError) in
            (try session.allSchedules(), try session.health().moment)
        }
        try context.console.show(
            schedules,
            as: "schedules",
            object: object,
            table: { table(schedules, now) },
            empty: "There are no schedules. Create one: tusk schedule add NAME --cron '0 6 * * *' --kind KIND"
        )
        return .success
    }

    private static func get(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        let (schedule, ticks) = try context.database().with { session throws(StoreError) in
            (try session.schedule(name), try session.ticks(of: name, limit: 10))
        }
        guard let schedule else { throw missing(name) }
        try context.console.show(object(schedule, ticks: ticks)) { words(schedule, ticks) }
        return .success
    }

    private static func remove(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = try Operands.scheduleName(context.operand(0) ?? "")
        let who = try Operator.author(context)
        let existed = try context.database().change { session throws(StoreError) in
            try session.remove(schedule: name, by: who)
        }
        guard existed else { throw missing(name) }
        try context.console.show(JSONWriter.object { $0.put("name", name) }) { ["schedule \(name) removed"] }
        return .success
    }

    static func missing(_ name: String) -> CommandError {
        CommandError(.notFound, "there is no schedule \(name)", hint: "tusk schedule list shows all.")
    }

    // MARK: Showing

    private static func table(_ schedules: [ScheduleRecord], _ now: Timestamp) -> Table {
        var table = Table([
            Table.Column(title: "SCHEDULE"), Table.Column(title: "CRON"), Table.Column(title: "ZONE"),
            Table.Column(title: "NEXT"), Table.Column(title: "LAST"), Table.Column(title: "STATE"),
            Table.Column(title: "JOB"),
        ])
        for schedule in schedules {
            table.add(
                Table.Cell(schedule.name),
                Table.Cell(schedule.cron),
                Table.Cell(schedule.timeZone),
                Table.Cell(Words.relative(schedule.nextTickAt, to: now)),
                Table.Cell(Words.relative(schedule.lastTickAt, to: now)),
                state(schedule),
                Table.Cell(schedule.job.text)
            )
        }
        return table
    }

    private static func state(_ schedule: ScheduleRecord) -> Table.Cell {
        if let fault = schedule.fault { return Table.Cell(fault, .bad) }
        guard let pause = schedule.pause else { return Table.Cell("on") }
        return Table.Cell("paused by \(pause.by)" + (pause.reason.map { ": \($0)" } ?? ""), .busy)
    }

    static func object(_ schedule: ScheduleRecord) -> [UInt8] {
        JSONWriter.object { $0.members(of: schedule) }
    }

    private static func object(_ schedule: ScheduleRecord, ticks: [TickRecord]) -> [UInt8] {
        JSONWriter.object { writer in
            writer.members(of: schedule)
            writer.put("ticks", objects: ticks.map { tick in JSONWriter.object { $0.members(of: tick) } })
        }
    }

    private static func words(_ schedule: ScheduleRecord, _ ticks: [TickRecord]) -> [String] {
        var pairs: [(name: String, value: String?)] = [
            ("name", schedule.name), ("cron", schedule.cron), ("time zone", schedule.timeZone),
            ("job", schedule.job.text), ("next", Words.exact(schedule.nextTickAt)),
            ("jitter", DurationText.print(schedule.jitter)), ("overlap", schedule.overlap.rawValue),
            ("catch-up", schedule.catchUp.word), ("catch-up max", schedule.catchUp.max.map(String.init)),
            ("catch-up window", schedule.catchUp.window.map(DurationText.print)),
            ("waiting tick", Words.exact(schedule.pendingTickAt)), ("fault", schedule.fault.map(Printable.line)),
        ]
        if let pause = schedule.pause {
            let why = pause.reason.map { ": \(Printable.line($0))" } ?? ""
            pairs.append(("paused", "\(Words.exact(pause.at) ?? "") by \(Printable.line(pause.by))\(why)"))
        }
        pairs.append(("created", Words.exact(schedule.createdAt)))
        return Words.aligned(pairs.filter { $0.value != nil } + ticks.map { ("tick", words($0)) })
    }

    private static func words(_ tick: TickRecord) -> String {
        let planned = Words.exact(tick.plannedAt) ?? ""
        let until = tick.plannedUntil == tick.plannedAt ? "" : " to \(Words.exact(tick.plannedUntil) ?? "")"
        let count = tick.count.map { $0 > 1 ? " (\($0) ticks)" : "" } ?? " (ticks not counted)"
        let job = tick.job.map { " as job \($0)" } ?? ""
        let who = tick.requestedBy.map { ", asked for by \(Printable.line($0))" } ?? ""
        return "\(planned)\(until) \(tick.outcome)\(count)\(job)\(who)"
    }
}

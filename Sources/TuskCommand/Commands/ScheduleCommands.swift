import TuskAPI
import TuskCore
import TuskStore
import TuskTelemetry

/// `tusk schedule`.
enum ScheduleCommands {
    private static let name = Command.Operand(name: "NAME")
    private static let cron = Option.argument(
        "cron",
        .text("'M H D M W'"),
        "when: five fields (minute hour day month weekday), or @hourly, @daily, @weekly, @monthly, @yearly"
    )
    private static let timeZone = Option.argument(
        "tz",
        .text("ZONE"),
        fallback: "UTC",
        "the time zone in which the fields are read, such as Europe/Rome"
    )
    private static let kind = Option.argument("kind", .text("KIND"), "the kind of the jobs it enqueues")
    private static let count = Option.argument("count", short: "n", .integer(1...1000), fallback: "5", "how many")

    static let all = [
        Command(
            path: ["schedule", "add"],
            summary: "creates a schedule, or replaces the one of that name",
            operands: [name],
            options: [cron, timeZone, kind] + JobOptions.common,
            examples: ["tusk schedule add nightly --cron '30 3 * * *' --tz Europe/Rome --kind data.rollup --args @it"],
            body: add
        ),
        Command(path: ["schedule", "list"], summary: "shows all schedules", body: list),
        Command(
            path: ["schedule", "get"],
            summary: "shows one schedule and what became of its last planned times",
            operands: [name],
            body: get
        ),
        Command(path: ["schedule", "rm"], summary: "removes a schedule", operands: [name], body: remove),
        Command(
            path: ["schedule", "next"],
            summary: "shows when a schedule, or a cron expression, fires next",
            details: "With --cron it needs no database.",
            operands: [Command.Operand(name: "NAME", isOptional: true)],
            options: [cron, timeZone, count],
            examples: ["tusk schedule next nightly", "tusk schedule next --cron '0 9 * * MON-FRI' --tz Europe/Rome"],
            body: next
        ),
    ]

    // MARK: add

    private static func add(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let schedule = try newSchedule(context)
        let database = try context.database()
        let now = try database.with { session throws(StoreError) in try session.health().moment }
        guard let first = schedule.firstTick(after: now) else {
            throw CommandError(.usage, "\(cron.flag): it does not fire in the next 100 years")
        }
        let isNew = try database.change { session throws(StoreError) in
            try session.put(
                schedule: schedule.name,
                cron: schedule.cron.text,
                timeZone: schedule.timeZone,
                job: schedule.job.json,
                nextTickAt: first
            )
        }
        let record = try stored(schedule.name, database)
        try context.console.show(object(record)) {
            let verb = isNew ? "created" : "replaced"
            return ["schedule \(record.name) \(verb), fires next at \(Words.exact(record.nextTickAt) ?? "")"]
        }
        return .success
    }

    /// What was just stored. That it cannot be read back must not sound as if nothing had been done.
    private static func stored(_ name: String, _ database: Database) throws(CommandError) -> ScheduleRecord {
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
        guard let cronText = try context.text(cron) else { throw CommandError(.usage, "\(cron.flag) is missing") }
        guard let kindText = try context.text(kind) else { throw CommandError(.usage, "\(kind.flag) is missing") }
        let job = try JobOptions.job(kind: kindText, context)
        let zone = try context.text(timeZone) ?? "UTC"
        let bytes = JSONWriter.object { writer in
            writer.put("cron", cronText)
            writer.put("time_zone", zone)
            writer.put("job", job.json)
        }
        do {
            let document = try JSONDocument(validating: bytes, limits: .body)
            return try NewSchedule(name: name, json: document.root)
        } catch let error as ValidationError {
            let problems = error.problems.map { problem in
                let field = problem.pointer.split(separator: "/").dropFirst().first.map(String.init) ?? ""
                return "\(field == "time_zone" ? timeZone.flag : "--\(field)"): \(problem.detail)"
            }
            throw CommandError(.usage, problems.joined(separator: "; "))
        } catch {
            throw CommandError(.usage, "the schedule is not valid: \(error)")
        }
    }

    // MARK: list, get, rm

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let (schedules, now) = try context.database().with { session throws(StoreError) in
            var all: [ScheduleRecord] = []
            // Page by page; a page that is not full is the last.
            while all.count % StoreSession.listSchedulesMax == 0 {
                let page = try session.schedules(after: all.last?.name ?? "", limit: StoreSession.listSchedulesMax)
                guard !page.isEmpty else { break }
                all += page
            }
            return (all, try session.health().moment)
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
        let existed = try context.database().change { session throws(StoreError) in
            try session.remove(schedule: name)
        }
        guard existed else { throw missing(name) }
        try context.console.show(JSONWriter.object { $0.put("name", name) }) { ["schedule \(name) removed"] }
        return .success
    }

    private static func missing(_ name: String) -> CommandError {
        CommandError(.notFound, "there is no schedule \(name)", hint: "tusk schedule list shows all.")
    }

    // MARK: next

    private static func next(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let rule: (cron: String, zone: String, after: Timestamp)
        let expression = try context.text(cron)
        switch (context.operand(0), expression) {
        case (nil, nil): throw CommandError(.usage, "\(cron.flag) or the NAME of a schedule is needed")
        case (.some, .some): throw CommandError(.usage, "\(cron.flag) cannot be given together with a NAME")
        case (nil, let text?):
            rule = (text, try context.text(timeZone) ?? "UTC", Timestamp(microseconds: WallClock.now()))
        case (let text?, nil):
            let name = try Operands.scheduleName(text)
            let (schedule, now) = try context.database().with { session throws(StoreError) in
                (try session.schedule(name), try session.health().moment)
            }
            guard let schedule else { throw missing(name) }
            rule = (schedule.cron, schedule.timeZone, now)
        }
        let ticks = try ticks(rule.cron, rule.zone, after: rule.after, count: try context.integer(count) ?? 5)
        try context.console.show(
            ticks,
            as: "ticks",
            object: { tick in JSONWriter.object { $0.put("planned_at", tick) } },
            table: { table(ticks, after: rule.after) },
            empty: "It does not fire in the next 100 years."
        )
        return .success
    }

    private static func ticks(
        _ cron: String,
        _ zone: String,
        after: Timestamp,
        count: Int
    ) throws(CommandError) -> [Timestamp] {
        let expression: CronExpression
        do throws(CronError) {
            expression = try CronExpression(cron)
        } catch {
            throw CommandError(.usage, "\(Self.cron.flag): \(error.message)")
        }
        let rules: TimeZoneRules
        do throws(TimeZoneFailure) {
            rules = try TimeZoneLoader.system.rules(for: zone)
        } catch {
            throw CommandError(.usage, "\(timeZone.flag) \(error.rule)")
        }
        var ticks: [Timestamp] = []
        while ticks.count < count, let tick = expression.next(after: ticks.last ?? after, in: rules) {
            ticks.append(tick)
        }
        return ticks
    }

    // MARK: Showing

    private static func table(_ ticks: [Timestamp], after: Timestamp) -> Table {
        var table = Table([Table.Column(title: "PLANNED AT"), Table.Column(title: "IN")])
        for tick in ticks { table.add(Table.Cell(Words.exact(tick)), Table.Cell(Words.relative(tick, to: after))) }
        return table
    }

    private static func table(_ schedules: [ScheduleRecord], _ now: Timestamp) -> Table {
        var table = Table([
            Table.Column(title: "SCHEDULE"), Table.Column(title: "CRON"), Table.Column(title: "ZONE"),
            Table.Column(title: "NEXT"), Table.Column(title: "LAST"), Table.Column(title: "JOB"),
        ])
        for schedule in schedules {
            table.add(
                Table.Cell(schedule.name),
                Table.Cell(schedule.cron),
                Table.Cell(schedule.timeZone),
                Table.Cell(Words.relative(schedule.nextTickAt, to: now)),
                Table.Cell(Words.relative(schedule.lastTickAt, to: now)),
                Table.Cell(schedule.job.text)
            )
        }
        return table
    }

    private static func object(_ schedule: ScheduleRecord) -> [UInt8] {
        JSONWriter.object { $0.members(of: schedule) }
    }

    private static func object(_ schedule: ScheduleRecord, ticks: [TickRecord]) -> [UInt8] {
        JSONWriter.object { writer in
            writer.members(of: schedule)
            writer.put("ticks", objects: ticks.map { tick in JSONWriter.object { $0.members(of: tick) } })
        }
    }

    private static func words(_ schedule: ScheduleRecord, _ ticks: [TickRecord]) -> [String] {
        let pairs: [(name: String, value: String?)] =
            [
                ("name", schedule.name), ("cron", schedule.cron), ("time zone", schedule.timeZone),
                ("job", schedule.job.text), ("next", Words.exact(schedule.nextTickAt) ?? ""),
                ("created", Words.exact(schedule.createdAt) ?? ""),
            ]
            + ticks.map { tick in
                let job = tick.job.map { " as job \($0)" } ?? ""
                return ("tick", "\(Words.exact(tick.plannedAt) ?? "") \(tick.outcome)\(job)")
            }
        return Words.aligned(pairs)
    }
}

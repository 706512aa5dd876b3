import TuskAPI
import TuskCore
import TuskStore

/// `tusk schedule apply` and `export`: schedules that a file describes.
enum ScheduleFileCommands {
    private static let file = Option.argument("file", short: "f", .text("FILE"), "the file of schedules")
    private static let prune = Option.argument(
        "prune",
        .flag,
        "removes schedules whose names begin with the prefix of the file and that are not in it"
    )
    private static let dryRun = Option.argument("dry-run", .flag, "shows what would be done and does nothing")
    private static let prefix = Option.argument("prefix", .text("TEXT"), "only those whose names begin so")

    static let all = [
        Command(
            path: ["schedule", "apply"],
            summary: "makes schedules as a file describes them",
            details: "The file has a section [schedules.NAME] for each. Either all of it is done or nothing. What is as"
                + " the file says is left as it is, and pauses stay. With prefix = \"billing.\" at its top the file"
                + " stands for all schedules whose names begin so, and --prune removes those that are not in it,"
                + " whoever made them; without a prefix it removes nothing and is refused.",
            options: [file, prune, dryRun, Operator.reason],
            examples: [
                "tusk schedule apply -f schedules.toml --dry-run", "tusk schedule apply -f schedules.toml --prune",
            ],
            body: apply
        ),
        Command(
            path: ["schedule", "export"],
            summary: "writes schedules as a file for schedule apply",
            options: [prefix],
            examples: ["tusk schedule export --prefix billing. > schedules.toml"],
            body: export
        ),
    ]

    // MARK: apply

    private static func apply(_ context: CommandContext) throws(CommandError) -> ExitCode {
        guard let path = try context.text(file) else { throw CommandError(.usage, "\(Self.file.flag) is missing") }
        let file = try ScheduleFile.read(path)
        let prunes = try context.flag(prune)
        guard !prunes || file.prefix != nil else {
            throw CommandError(
                .usage,
                "\(path) has no prefix, so \(prune.flag) cannot know which schedules are its own",
                hint: "Write prefix = \"billing.\" before the first section; prefix = \"\" stands for all schedules."
            )
        }
        let isDryRun = try context.flag(dryRun)
        let who = try Operator.author(context)
        let (difference, answer) = try context.database().change { session throws(StoreError) in
            try session.transaction { session throws(StoreError) in
                try apply(file, prunes: prunes, isDryRun: isDryRun, by: who, session)
            }
        }
        if case .neverFires(let name) = answer {
            let place = "\(path):\(file.lines[name] ?? 1): schedule \(name)"
            throw CommandError(.usage, "\(place): cron does not fire in the next 100 years; nothing was changed")
        }
        try context.console.show(difference.object(isDryRun: isDryRun)) { difference.words(isDryRun: isDryRun) }
        if !difference.strays.isEmpty {
            let count = Words.count(difference.strays.count, "schedule")
            context.console.note("\(count) with the prefix of the file not in it; \(prune.flag) would remove them")
        }
        return .success
    }

    private static func apply(
        _ file: ScheduleFile,
        prunes: Bool,
        isDryRun: Bool,
        by who: Author,
        _ session: StoreSession
    ) throws(StoreError) -> (ScheduleDifference, ScheduleApplyAnswer) {
        let difference = ScheduleDifference(
            wanted: file.schedules.map { ScheduleSketch($0) },
            stored: try session.allSchedules().map { ScheduleSketch($0) },
            owns: file.owns,
            prunes: prunes
        )
        let names = Set(difference.names(.added) + difference.names(.changed))
        let moved = file.schedules.filter { names.contains($0.name) }
        if isDryRun {
            let moment = try session.scheduleMoment()
            let never = moved.first { $0.firstTick(after: moment) == nil }
            return (difference, never.map { .neverFires(name: $0.name) } ?? .applied)
        }
        return (difference, try session.apply(moved, removing: difference.names(.removed), by: who))
    }

    // MARK: export

    private static func export(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let prefix = try context.text(prefix)
        let all = try context.database().with { session throws(StoreError) in try session.allSchedules() }
        let schedules = all.filter { schedule in prefix.map(schedule.name.hasPrefix) ?? true }
        guard context.console.format == .table else {
            try context.console.show(
                schedules,
                as: "schedules",
                object: ScheduleCommands.object,
                table: { Table([]) },
                empty: ""
            )
            return .success
        }
        if let prefix { try context.console.result("prefix = \(ScheduleField.quoted(prefix))") }
        for (index, schedule) in schedules.enumerated() {
            if index > 0 || prefix != nil { try context.console.result("") }
            for line in ScheduleSketch(schedule).section { try context.console.result(line) }
        }
        return .success
    }
}

import TuskCore

/// `tusk config`: what holds and why.
enum ConfigCommands {
    static let all = [
        Command(
            path: ["config", "show"],
            summary: "shows every setting, its value and where it comes from",
            details: "Flags win over TUSK_* variables, these over DATABASE_URL and PG*, these over the file named by"
                + " --config, ./tusk.toml or /etc/tusk/tusk.toml, and that over the defaults. Passwords are masked.",
            options: shown,
            body: show
        ),
        Command(
            path: ["config", "check"],
            summary: "checks the settings without doing anything else",
            details: "Ends with 78 when something is wrong. Warns of variables and files that look mistaken.",
            options: shown,
            body: check
        ),
    ]

    /// All settings, so that each can be given as a flag to see what would come of it.
    private static var shown: [Option] {
        let everywhere = Set(Option.everywhere.map(\.name))
        return Option.settings.filter { !everywhere.contains($0.name) }
    }

    private static func show(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let rows = Option.settings.map { option in
            let entry = context.configuration.entry(option)
            return Row(
                option: option,
                value: entry.map { text($0.value, of: option) },
                origin: entry?.origin.description ?? "not set"
            )
        }
        try context.console.show(rows, as: "settings", object: object, table: { table(rows) }, empty: "")
        return .success
    }

    private struct Row {
        let option: Option
        let value: String?
        let origin: String
    }

    private static func text(_ value: OptionValue, of option: Option) -> String {
        switch value {
        case .flag(let flag): flag ? "true" : "false"
        case .text(let text): option.isSecret ? masked(text, of: option) : text
        case .integer(let number): String(number)
        case .duration(let duration): DurationText.print(duration)
        case .list(let texts): texts.joined(separator: ", ")
        }
    }

    /// Of a database everything but the password, of other secrets nothing.
    private static func masked(_ text: String, of option: Option) -> String {
        option.name == Option.databaseURL.name ? Redaction.masked(text) : "***"
    }

    private static func table(_ rows: [Row]) -> Table {
        var table = Table([
            Table.Column(title: "SETTING"), Table.Column(title: "VALUE"), Table.Column(title: "FROM"),
        ])
        for row in rows {
            table.add(
                Table.Cell(row.option.name),
                Table.Cell(row.value),
                Table.Cell(row.origin, row.origin == "default" ? .faint : .plain)
            )
        }
        return table
    }

    private static func object(_ row: Row) -> [UInt8] {
        JSONWriter.object {
            $0.put("setting", row.option.name)
            $0.put("value", row.value)
            $0.put("origin", row.origin)
            $0.put("environment", row.option.environmentName)
            $0.put("key", row.option.key)
        }
    }

    private static func check(_ context: CommandContext) throws(CommandError) -> ExitCode {
        // Reading the settings has checked them already; what is left is what is nobody's.
        for warning in strayVariables(context.environment) { context.console.warn(warning) }
        _ = try Database.settings(context.configuration, as: "tusk-cli")
        try ServeRules.check(context.configuration)
        _ = try ServiceParts.traceSender(context.configuration)
        _ = try DataAccess.webhooks(context.configuration, context.environment)
        let place = context.configuration.file.map { "\($0.path) and the environment are" } ?? "The environment is"
        try context.console.show(JSONWriter.object { $0.put("ok", true) }) { ["\(place) all right."] }
        return .success
    }

    /// `TUSK_*` variables that nothing reads, which usually are misspelt. `TUSK_TEST_*` are the test suite's.
    static func strayVariables(_ environment: [String: String]) -> [String] {
        let known = Set(Option.settings.flatMap { [$0.environmentName, $0.environmentFileName].compactMap { $0 } })
        return environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("TUSK_"), !name.hasPrefix("TUSK_TEST_"), !known.contains(name) else { return nil }
            let meant = Suggestion.nearest(to: name, among: known.sorted())
            return "\(name) is no setting" + (meant.map { "; did you mean \($0)?" } ?? "")
        }
    }
}

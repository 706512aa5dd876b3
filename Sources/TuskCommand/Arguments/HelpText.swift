/// What `--help` shows, made from the tables of commands and options.
enum HelpText {
    /// How many characters a line of help has at most.
    private static let width = 100
    /// Where explanations start, unless what they explain is longer.
    private static let indent = 30

    /// The groups of commands that only have commands below them, with what they are about.
    static let groups: [(name: String, summary: String)] = [
        ("job", "enqueues, shows and controls jobs"),
        ("queue", "shows, pauses and resumes queues"),
        ("limit", "limits how many jobs with a key run at once"),
        ("order", "shows and releases order keys that jobs wait for"),
        ("operation", "retries many discarded jobs"),
        ("schedule", "enqueues jobs by the clock"),
        ("worker list", "shows the processes that run jobs"),
        ("key", "makes, shows and revokes keys for the HTTP API"),
        ("migrate", "brings the schema of the database up to date"),
        ("config", "shows and checks the settings"),
    ]

    /// Help about the words given: a command, a group, or everything.
    static func lines(about path: [String], commands: [Command]) throws(CommandError) -> [String] {
        if path == ["exit-codes"] { return exitCodes }
        let below = commands.filter { $0.path.starts(with: path) && $0.path != path }
        if let command = commands.first(where: { $0.path == path }) { return lines(about: command, below) }
        guard !below.isEmpty else {
            let name = path.joined(separator: " ")
            let meant = Suggestion.nearest(to: name, among: commands.map(\.name) + groups.map(\.name))
            let hint = meant.map { "Did you mean tusk help \($0)?" } ?? "Run tusk help for what there is."
            throw CommandError(.usage, "there is no command \"\(name.prefix(60))\"", hint: hint)
        }
        return path.isEmpty ? overview(commands) : group(path, below)
    }

    // MARK: Pages

    private static func overview(_ commands: [Command]) -> [String] {
        let single = commands.filter { $0.path.count == 1 }
        let first = single.prefix { $0.name != "health" }
        return [
            "Tusk is a job queue on PostgreSQL. Start here: tusk dev", "", "usage: tusk [option]... command", "",
            "Processes:",
        ] + first.flatMap { entry($0.name, $0.summary) } + ["", "Jobs and what is around them:"]
            + groups.flatMap { entry($0.name, $0.summary) }
            + single.dropFirst(first.count).flatMap { entry($0.name, $0.summary) }
            + entry("help [COMMAND]", "shows help; tusk help exit-codes explains those")
            + ["", "Options of every command:"] + options(Option.everywhere)
            + ["", "Each option in brackets can also be set by that environment variable or key of tusk.toml."]
    }

    private static func group(_ path: [String], _ below: [Command]) -> [String] {
        let name = path.joined(separator: " ")
        let summary = groups.first { $0.name == name }?.summary ?? ""
        return ["tusk \(name) \(summary).", "", "usage: tusk \(name) command [option]...", ""]
            + below.flatMap { entry($0.path.dropFirst(path.count).joined(separator: " "), $0.summary) }
            + ["", "Run tusk \(name) COMMAND --help for one of them."]
    }

    private static func lines(about command: Command, _ below: [Command]) -> [String] {
        let operands = command.operands.map { " \($0.synopsis)" }.joined()
        var lines = wrap("tusk \(command.name) \(command.summary).", from: 0)
        if !command.details.isEmpty { lines += [""] + wrap(command.details, from: 0) }
        lines += ["", "usage: tusk \(command.name)\(operands) [option]..."]
        if !below.isEmpty { lines += ["", "Commands:"] + below.flatMap { entry("tusk \($0.name)", $0.summary) } }
        if !command.options.isEmpty { lines += ["", "Options:"] + options(command.options) }
        lines += ["", "Options of every command:"] + options(Option.everywhere)
        if !command.examples.isEmpty { lines += ["", "Examples:"] + command.examples.map { "  \($0)" } }
        return lines
    }

    private static var exitCodes: [String] {
        ["Exit codes:"] + ExitCode.allCases.flatMap { entry(String($0.rawValue), $0.meaning) }
    }

    // MARK: Parts

    private static func options(_ options: [Option]) -> [String] {
        options.flatMap { option in
            var help = option.help
            if let words = option.rule.listedWords { help += ": \(words)" }
            if let fallback = option.fallback, fallback != "false" { help += " (default \(fallback))" }
            let places = [option.environmentName, option.key].compactMap { $0 }
            if !places.isEmpty { help += " [\(places.joined(separator: ", "))]" }
            return entry(option.synopsis, help)
        }
    }

    private static func entry(_ name: String, _ text: String) -> [String] {
        let lines = wrap(text, from: indent)
        let head = "  \(name)"
        guard head.count + 2 <= indent else { return [head] + lines }
        let first = lines.first.map { $0.dropFirst(head.count) } ?? ""
        return [head + first] + lines.dropFirst()
    }

    private static func wrap(_ text: String, from indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [margin + line]
    }
}

/// A command line taken apart: which command, and the texts given to it. Values are not checked yet.
struct Invocation: Sendable {
    let command: Command
    let operands: [String]
    /// The texts of the options given, by their names.
    let given: [String: [String]]
}

/// What a command line asks for.
enum Request: Sendable {
    case run(Invocation)
    /// Help about the words given, which may name a command, a group of commands or nothing.
    case help([String])
}

/// Takes a command line apart, from left to right. Options may stand anywhere before `--`.
struct ArgumentParser {
    /// The longest command line in arguments; far more than anybody types.
    private static let argumentsMax = 10_000

    private let commands: [Command]
    private var rest: ArraySlice<String>
    private var path: [String] = []
    private var command: Command?
    private var operands: [String] = []
    private var given: [String: [String]] = [:]

    private init(_ arguments: [String], commands: [Command]) {
        self.commands = commands
        self.rest = arguments[...]
    }

    /// Reads the arguments after the program's name.
    static func parse(_ arguments: [String], commands: [Command]) throws(CommandError) -> Request {
        guard arguments.count <= argumentsMax else {
            throw CommandError(.usage, "more than \(argumentsMax) arguments")
        }
        var parser = ArgumentParser(arguments, commands: commands)
        return try parser.run()
    }

    private mutating func run() throws(CommandError) -> Request {
        while let argument = rest.popFirst() {
            if argument == "--" {
                for word in rest { try take(word: word) }
                break
            } else if argument.hasPrefix("--") {
                try takeOption(argument)
            } else if argument.hasPrefix("-"), argument != "-" {
                try takeLetters(argument)
            } else if argument == "help", command == nil, path.isEmpty {
                return .help(rest.filter { !$0.hasPrefix("-") })
            } else {
                try take(word: argument)
            }
            if given[Option.help.name] != nil { return .help(path) }
        }
        return .run(try finished())
    }

    // MARK: Words

    private mutating func take(word: String) throws(CommandError) {
        // A command may have others below it: tusk worker, tusk worker list.
        let isLower = operands.isEmpty && commands.contains { $0.path.starts(with: path + [word]) }
        guard let command, !isLower else { return try descend(word) }
        let limit = command.operands.contains { $0.isRepeatable } ? Int.max : command.operands.count
        guard operands.count < limit else { throw usage("unexpected argument \(quoted(word))") }
        operands.append(word)
    }

    /// Goes one word further towards a command.
    private mutating func descend(_ word: String) throws(CommandError) {
        let below = commands.filter { $0.path.starts(with: path) }
        let next = Set(below.compactMap { $0.path.count > path.count ? $0.path[path.count] : nil })
        guard next.contains(word) else {
            let meant = Suggestion.nearest(to: word, among: next.sorted())
            let full = (["tusk"] + path).joined(separator: " ")
            throw CommandError(
                .usage,
                "unknown command \(quoted((path + [word]).joined(separator: " ")))",
                hint: meant.map { "Did you mean \(full) \($0)?" } ?? "Run \(full) --help for what there is."
            )
        }
        path.append(word)
        command = below.first { $0.path == path }
    }

    // MARK: Options

    private mutating func takeOption(_ argument: String) throws(CommandError) {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = known.first(where: { $0.name == name }) else { throw unknown("--\(name)") }
        if case .flag = option.rule {
            try note(option, parts.count == 2 ? String(parts[1]) : "true")
        } else {
            try note(option, parts.count == 2 ? String(parts[1]) : try nextValue(of: option))
        }
    }

    /// `-q`, `-qv`, `-o json` or `-ojson`.
    private mutating func takeLetters(_ argument: String) throws(CommandError) {
        var letters = argument.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = known.first(where: { $0.short == letter }) else { throw unknown("-\(letter)") }
            if case .flag = option.rule {
                try note(option, "true")
                continue
            }
            try note(option, letters.isEmpty ? try nextValue(of: option) : String(letters))
            return
        }
    }

    private mutating func nextValue(of option: Option) throws(CommandError) -> String {
        guard let value = rest.first, !value.hasPrefix("--") else {
            throw usage("\(option.flag) needs a value: \(option.synopsis)")
        }
        rest.removeFirst()
        return value
    }

    private mutating func note(_ option: Option, _ text: String) throws(CommandError) {
        guard given[option.name] == nil || option.rule.isRepeatable else {
            throw usage("\(option.flag) is given twice")
        }
        given[option.name, default: []].append(text)
    }

    /// The options that can stand here.
    private var known: [Option] { command?.allOptions ?? Option.everywhere }

    // MARK: The end

    private func finished() throws(CommandError) -> Invocation {
        guard let command else {
            let full = (["tusk"] + path).joined(separator: " ")
            let what = path.isEmpty ? "a command is missing" : "\(path.joined(separator: " ")) needs a command"
            throw CommandError(.usage, what, hint: "Run \(full) --help for what there is.")
        }
        let names = Set(command.allOptions.map(\.name))
        if let stray = given.keys.sorted().first(where: { !names.contains($0) }) {
            throw usage("--\(stray) is no option of tusk \(command.name)")
        }
        let needed = command.operands.filter { !$0.isOptional }
        guard operands.count >= needed.count else { throw usage("\(needed[operands.count].name) is missing") }
        return Invocation(command: command, operands: operands, given: given)
    }

    private func unknown(_ flag: String) -> CommandError {
        let meant = Suggestion.nearest(to: flag, among: known.map(\.flag))
        if command == nil, commands.contains(where: { $0.options.contains { $0.flag == flag } }) {
            return CommandError(.usage, "\(flag) comes after the command it is for", hint: helpHint)
        }
        return CommandError(
            .usage,
            "unknown option \(quoted(flag))",
            hint: meant.map { "Did you mean \($0)?" } ?? helpHint
        )
    }

    private func usage(_ message: String) -> CommandError { CommandError(.usage, message, hint: helpHint) }

    private var helpHint: String { "Run \((["tusk"] + path).joined(separator: " ")) --help for how it is used." }

    /// Somebody's text in quotes, cut to what a line can hold.
    private func quoted(_ text: String) -> String {
        "\"\(text.count > 60 ? "\(text.prefix(60))..." : text)\""
    }
}

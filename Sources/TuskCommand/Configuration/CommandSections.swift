import TuskCore
import TuskTasks

/// The sections `[commands.KIND]` of a configuration file, each a program that runs the jobs of a kind.
struct CommandSections {
    private let path: String
    private var found: [String: CommandSpec] = [:]
    /// Where a section begins, by kind.
    private var lines: [String: Int] = [:]

    private static let beginning = "commands."
    /// The most commands of a file.
    private static let commandsMax = 100
    /// How the names of Tusk's own kinds begin.
    private static let ownKinds = ["tusk.", "data.", "http.", "sql."]
    private static let fields = [
        "command", "directory", "environment", "timeout", "cpu", "memory_mib", "processes", "output_kib", "file_mib",
    ]

    /// Of the file at a path; nothing is taken yet.
    init(path: String) {
        self.path = path
    }

    /// Takes an entry if it is one of a command; false when it is another's.
    mutating func take(_ key: String, _ entry: ConfigurationText.Entry) throws(CommandError) -> Bool {
        guard key.hasPrefix(Self.beginning) else { return false }
        let rest = key.dropFirst(Self.beginning.count)
        guard let dot = rest.lastIndex(of: ".") else {
            throw fault(entry, key, "must be in a section [commands.KIND]")
        }
        let name = String(rest[..<dot])
        guard let kind = Kind(name), !Self.ownKinds.contains(where: { name.hasPrefix($0) }) else {
            throw fault(entry, key, "must not begin like a kind of Tusk's own: \(Self.ownKinds.joined(separator: " "))")
        }
        var spec = found[name] ?? CommandSpec(kind: kind, arguments: [])
        try set(String(rest[rest.index(after: dot)...]), of: &spec, key, entry)
        found[name] = spec
        lines[name] = min(lines[name] ?? entry.line, entry.line)
        guard found.count <= Self.commandsMax else {
            throw fault(entry, key, "is one command too many; \(Self.commandsMax) are the most")
        }
        return true
    }

    /// The commands, by kind.
    func specs() throws(CommandError) -> [CommandSpec] {
        for (name, spec) in found.sorted(by: { $0.key < $1.key }) where spec.arguments.isEmpty {
            throw CommandError(.configuration, "\(path):\(lines[name] ?? 0): [commands.\(name)] has no command")
        }
        return found.values.sorted { $0.kind < $1.kind }
    }

    private func set(
        _ field: String,
        of spec: inout CommandSpec,
        _ key: String,
        _ entry: ConfigurationText.Entry
    ) throws(CommandError) {
        switch field {
        case "command": spec.arguments = try program(entry, key)
        case "directory": spec.directory = try directory(entry, key)
        case "environment": spec.variables = try variables(entry, key)
        case "timeout": spec.timeout = try time(entry, key)
        case "cpu": spec.cpuSeconds = Int(try time(entry, key) / .seconds(1))
        case "memory_mib": spec.memoryBytes = try number(entry, key, 1...1_048_576) << 20
        case "processes": spec.processesMax = try number(entry, key, 1...10_000)
        case "output_kib": spec.outputBytesMax = try number(entry, key, 1...1_048_576) << 10
        case "file_mib": spec.fileBytesMax = try number(entry, key, 1...1_048_576) << 20
        default:
            throw fault(entry, key, "is no setting of a command; there are \(Self.fields.joined(separator: ", "))")
        }
    }

    private func program(_ entry: ConfigurationText.Entry, _ key: String) throws(CommandError) -> [String] {
        let bytesMax = CommandSpec.textBytesMax
        guard case .strings(let words) = entry.value, words.first?.hasPrefix("/") == true,
            words.reduce(0, { $0 + $1.utf8.count + 1 }) <= bytesMax
        else {
            throw fault(entry, key, "must be an array of at most \(bytesMax) bytes that begins with an absolute path")
        }
        return words
    }

    private func directory(_ entry: ConfigurationText.Entry, _ key: String) throws(CommandError) -> String {
        guard case .string(let path) = entry.value, path.hasPrefix("/") else {
            throw fault(entry, key, "must be an absolute path in quotes")
        }
        return path
    }

    private func variables(_ entry: ConfigurationText.Entry, _ key: String) throws(CommandError) -> [String: String] {
        guard case .strings(let texts) = entry.value,
            texts.reduce(0, { $0 + $1.utf8.count + 1 }) <= CommandSpec.textBytesMax
        else { throw fault(entry, key, "must be an array of texts like \"NAME=value\"") }
        var variables: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[0].hasPrefix("TUSK_"), variables[parts[0]] == nil else {
                throw fault(entry, key, "must be texts like \"NAME=value\", of different names without TUSK_")
            }
            variables[parts[0]] = parts[1]
        }
        return variables
    }

    private func time(_ entry: ConfigurationText.Entry, _ key: String) throws(CommandError) -> Duration {
        guard case .string(let text) = entry.value, let time = DurationText.parse(text),
            (.seconds(1) ... .seconds(86_400)).contains(time)
        else { throw fault(entry, key, "must be a time in quotes from 1s to 24h") }
        return time
    }

    private func number(
        _ entry: ConfigurationText.Entry,
        _ key: String,
        _ range: ClosedRange<Int>
    ) throws(CommandError) -> Int {
        guard case .integer(let number) = entry.value, let number = Int(exactly: number), range.contains(number) else {
            throw fault(entry, key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func fault(_ entry: ConfigurationText.Entry, _ key: String, _ words: String) -> CommandError {
        CommandError(.configuration, "\(path):\(entry.line): \(key) \(words)")
    }
}

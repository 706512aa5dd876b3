import TuskCore
import TuskTasks

/// The sections `[commands.KIND]` of a configuration file, each a program that runs the jobs of a kind.
struct CommandSections {
    private var found: [Kind: CommandSpec] = [:]
    /// Where a section begins, by kind.
    private(set) var lines: [Kind: Int] = [:]

    /// How the names of its sections begin.
    static let word = "commands"
    private static let fields = [
        "command", "directory", "environment", "timeout", "cpu", "memory_mib", "processes", "output_kib", "file_mib",
    ]

    /// Takes an entry of one of them.
    mutating func take(_ entry: KindEntry) throws(CommandError) {
        var spec = found[entry.kind] ?? CommandSpec(kind: entry.kind, arguments: [])
        switch entry.field {
        case "command": spec.arguments = try program(entry)
        case "directory": spec.directory = try entry.text("must be an absolute path in quotes") { $0.hasPrefix("/") }
        case "environment": spec.variables = try variables(entry)
        case "timeout": spec.timeout = try entry.time()
        case "cpu": spec.cpuSeconds = Int(try entry.time() / .seconds(1))
        case "memory_mib": spec.memoryBytes = try entry.number(1...1_048_576) << 20
        case "processes": spec.processesMax = try entry.number(1...10_000)
        case "output_kib": spec.outputBytesMax = try entry.number(1...1_048_576) << 10
        case "file_mib": spec.fileBytesMax = try entry.number(1...1_048_576) << 20
        default:
            throw entry.fault("is no setting of a command; there are \(Self.fields.joined(separator: ", "))")
        }
        found[entry.kind] = spec
        lines[entry.kind] = min(lines[entry.kind] ?? entry.line, entry.line)
        try entry.checkCount(found.count, "command")
    }

    /// The commands of a file, by kind.
    func specs(in path: String) throws(CommandError) -> [CommandSpec] {
        let specs = found.values.sorted { $0.kind < $1.kind }
        for spec in specs where spec.arguments.isEmpty {
            throw KindEntry.fault(path, lines[spec.kind] ?? 0, "[\(Self.word).\(spec.kind)] has no command")
        }
        return specs
    }

    private func program(_ entry: KindEntry) throws(CommandError) -> [String] {
        let bytesMax = CommandSpec.textBytesMax
        guard case .strings(let words) = entry.value, words.first?.hasPrefix("/") == true,
            words.reduce(0, { $0 + $1.utf8.count + 1 }) <= bytesMax
        else {
            throw entry.fault("must be an array of at most \(bytesMax) bytes that begins with an absolute path")
        }
        return words
    }

    private func variables(_ entry: KindEntry) throws(CommandError) -> [String: String] {
        guard case .strings(let texts) = entry.value,
            texts.reduce(0, { $0 + $1.utf8.count + 1 }) <= CommandSpec.textBytesMax
        else { throw entry.fault("must be an array of texts like \"NAME=value\"") }
        var variables: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[0].hasPrefix("TUSK_"), variables[parts[0]] == nil else {
                throw entry.fault("must be texts like \"NAME=value\", of different names without TUSK_")
            }
            variables[parts[0]] = parts[1]
        }
        return variables
    }
}

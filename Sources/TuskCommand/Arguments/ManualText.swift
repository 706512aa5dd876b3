/// The manual page of `tusk`, made from the table of commands, in the macros of mdoc(7).
enum ManualText {
    /// The page in section 1. `version`: that of the program.
    static func lines(version: String, commands: [Command]) -> [String] {
        var lines = [
            ".Dd $Mdocdate$", ".Dt TUSK 1", ".Os", ".Sh NAME", ".Nm tusk", ".Nd a job queue on PostgreSQL",
            ".Sh SYNOPSIS", ".Nm", ".Op Ar option ...", ".Ar command", ".Op Ar argument ...", ".Sh DESCRIPTION",
            ".Nm", "runs jobs that wait in PostgreSQL, and shows and controls them.",
            "This is version \(escaped(version)).", "The commands are:", ".Bl -tag -width Ds",
        ]
        for command in commands { lines += entry(command) }
        lines += [".El", ".Pp", "Options of every command:", ".Bl -tag -width Ds"]
        lines += Option.everywhere.flatMap(entry)
        lines += [".El", ".Sh EXIT STATUS", ".Bl -tag -width Ds"]
        for code in ExitCode.allCases { lines += [".It \(code.rawValue)", escaped(code.meaning)] }
        return lines + [".El"]
    }

    private static func entry(_ command: Command) -> [String] {
        let operands = command.operands.map { " Ar \(escaped($0.name))" + ($0.isRepeatable ? " ..." : "") }.joined()
        var lines = [".It Ic \(command.name)\(operands)", "\(escaped(command.summary.prefix(1).uppercased()))"]
        lines[1] += escaped(String(command.summary.dropFirst())) + "."
        if !command.details.isEmpty { lines += [".Pp"] + sentences(command.details) }
        if !command.options.isEmpty {
            lines += [".Bl -tag -width Ds"] + command.options.flatMap(entry) + [".El"]
        }
        if !command.examples.isEmpty {
            lines += [".Bd -literal -offset indent"] + command.examples.map(escaped) + [".Ed"]
        }
        return lines
    }

    private static func entry(_ option: Option) -> [String] {
        let short = option.short.map { "Fl \($0) , " } ?? ""
        let value = option.rule.placeholder.map { " Ar \(escaped($0))" } ?? ""
        var help = option.help
        if let words = option.rule.listedWords { help += ": \(words)" }
        if let fallback = option.fallback, fallback != "false" { help += " (default \(fallback))" }
        let places = [option.environmentName, option.key].compactMap { $0 }
        if !places.isEmpty { help += " [\(places.joined(separator: ", "))]" }
        return [".It \(short)Fl \\-\(option.name)\(value)", escaped(help)]
    }

    /// Each on a line of its own, as mdoc wants them.
    private static func sentences(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            line += (line.isEmpty ? "" : " ") + word
            guard word.hasSuffix(".") else { continue }
            lines.append(escaped(line))
            line = ""
        }
        return line.isEmpty ? lines : lines + [escaped(line)]
    }

    /// As text: no line begins with a macro, no backslash is an escape.
    private static func escaped(_ text: String) -> String {
        let plain = text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\e")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}

/// `tusk completion` and `tusk man`: what shells and manuals want, made from the commands themselves.
enum ShellCommands {
    static let all = [
        Command(
            path: ["completion"],
            summary: "prints a script that lets bash, zsh or fish complete tusk",
            operands: [Command.Operand(name: "SHELL")],
            examples: ["eval \"$(tusk completion bash)\"", "tusk completion fish | source"],
            body: completion
        ),
        Command(
            path: ["man"],
            summary: "prints the manual page",
            examples: ["tusk man | man -l -"],
            body: man
        ),
    ]

    private static func completion(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let name = context.operand(0) ?? ""
        guard let shell = CompletionText.Shell(rawValue: name) else {
            let names = CompletionText.Shell.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandError(.usage, "SHELL must be one of \(names), not \"\(name.prefix(60))\"")
        }
        return try print(CompletionText.lines(for: shell, commands: CommandTable.all), context)
    }

    private static func man(_ context: CommandContext) throws(CommandError) -> ExitCode {
        try print(ManualText.lines(version: Program.version, commands: CommandTable.all), context)
    }

    private static func print(_ lines: [String], _ context: CommandContext) throws(CommandError) -> ExitCode {
        for line in lines { try context.console.result(line) }
        return .success
    }
}

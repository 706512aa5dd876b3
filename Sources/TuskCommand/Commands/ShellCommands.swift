import TuskAPI
import TuskStore
import TuskTelemetry

/// `tusk completion`, `tusk man` and `tusk openapi`: what shells, manuals and other programs want, made from the
/// commands and routes themselves.
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
        Command(
            path: ["openapi"],
            summary: "prints the OpenAPI description of the HTTP API",
            details: "It is what a server answers to GET /openapi.json. It needs no server and no database.",
            examples: ["tusk openapi > openapi.json"],
            body: openAPI
        ),
    ]

    /// An API that is never started, and a database that is never connected to.
    private static func openAPI(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let store: Store
        do throws(StoreError) {
            store = try Store(connecting: "dbname=none", applicationName: "tusk-openapi")
        } catch {
            throw CommandError(error)
        }
        defer { store.close() }
        let output = LogOutput { _ in .written }
        defer { output.stop() }
        var configuration = APIConfiguration()
        configuration.version = Program.version
        let api = API(
            store: store,
            configuration: configuration,
            registry: MetricsRegistry(),
            logger: Logger(output, format: .logfmt, threshold: .error)
        )
        try context.console.result(api.document)
        return .success
    }

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

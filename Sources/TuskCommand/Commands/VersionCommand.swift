import TuskCore
import TuskStore

/// `tusk version`.
enum VersionCommand {
    static let all = [
        Command(path: ["version"], summary: "shows the versions of the program and of its schema", body: run)
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let schema = Migration.all.last?.version ?? 0
        let object = JSONWriter.object {
            $0.put("version", Program.version)
            $0.put("schema", schema)
        }
        try context.console.show(object) { ["tusk \(Program.version) (schema \(schema))"] }
        return .success
    }
}

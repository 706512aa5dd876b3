import TuskAPI
import TuskCore
import TuskStore

/// `tusk why`.
enum WhyCommand {
    static let all = [
        Command(
            path: ["why"],
            summary: "says why a job is not running",
            details: "Names what holds the job back, in the order in which it has to be cleared, with numbers; or that"
                + " nothing does, or that it runs or ended.",
            operands: [Command.Operand(name: "JOB")],
            examples: ["tusk why 1024"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = try Operands.job(context.operand(0) ?? "")
        let explanation = try context.database().with { session throws(StoreError) in try session.explain(id) }
        guard explanation.isFound else { throw CommandError(.notFound, explanation.reasons[0].message) }
        let object = JSONWriter.object { $0.members(of: explanation) }
        try context.console.show(object) {
            explanation.reasons.map { "\(Printable.line($0.message))" }
        }
        return .success
    }
}

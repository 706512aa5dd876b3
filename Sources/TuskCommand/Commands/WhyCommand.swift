import TuskAPI
import TuskCore
import TuskStore

/// `tusk why`.
enum WhyCommand {
    private static let queue = Option.argument("queue", .text("NAME"), "asks about a queue instead of a job")

    static let all = [
        Command(
            path: ["why"],
            summary: "says why a job, or the jobs of a queue, are not running",
            details: "Names what holds the job back, in the order in which it has to be cleared, with numbers; or that"
                + " nothing does, or that it runs or ended. Of a queue the first 10,000 jobs of each sort are looked"
                + " at.",
            operands: [Command.Operand(name: "JOB", isOptional: true)],
            options: [queue],
            examples: ["tusk why 1024", "tusk why --queue mail"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        if let name = try context.text(queue) { return try run(context, queue: name) }
        guard let operand = context.operand(0) else { throw CommandError(.usage, "say JOB or --queue NAME") }
        let id = try Operands.job(operand)
        let explanation = try context.database().with { session throws(StoreError) in try session.explain(id) }
        guard explanation.isFound else { throw CommandError(.notFound, explanation.reasons[0].message) }
        try show(explanation, context) { $0.members(of: explanation, id) }
        return .success
    }

    private static func run(_ context: CommandContext, queue name: String) throws(CommandError) -> ExitCode {
        guard context.operand(0) == nil else { throw CommandError(.usage, "say JOB or --queue NAME, not both") }
        let queue = try Operands.queue(name)
        let explanation = try context.database().with { session throws(StoreError) in try session.explain(queue) }
        try show(explanation, context) { $0.members(of: explanation, queue) }
        return .success
    }

    private static func show(
        _ explanation: Explanation,
        _ context: CommandContext,
        _ members: (inout JSONWriter) -> Void
    ) throws(CommandError) {
        try context.console.show(JSONWriter.object(members)) {
            explanation.reasons.map { "\(Printable.line($0.message))" }
        }
    }
}

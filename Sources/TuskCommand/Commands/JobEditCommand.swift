import TuskCore
import TuskStore

/// `tusk job edit`.
enum JobEditCommand {
    private static let queue = Option.argument("queue", .text("NAME"), "the queue it goes to, at the end of its line")
    private static let priority = Option.argument("priority", .integer(0...9), "0 to 9; the smaller is claimed first")
    private static let runAt = Option.argument(
        "run-at",
        .text("TIME"),
        "not before this moment: RFC 3339 with an offset, or now"
    )
    private static let maxAttempts = Option.argument(
        "max-attempts",
        .integer(1...1000),
        "how many attempts may fail before it is discarded; more than it has used"
    )
    private static let tag = Option.argument(
        "tag",
        .texts("NAME"),
        "a word to find it by, instead of those it has; may be given again"
    )
    private static let noTags = Option.argument("no-tags", .flag, "takes all its tags away")
    private static let args = Option.argument(
        "args",
        .text("JSON|@FILE|-"),
        "its new input: JSON, @FILE for the contents of a file, or - for standard input"
    )

    static let all = [
        Command(
            path: ["job", "edit"],
            summary: "changes jobs that wait; what is not named stays as it is",
            details: "A job is changed before anybody claims it, or not at all: then it ends with 5.",
            operands: [Command.Operand(name: "ID", isRepeatable: true)],
            options: [queue, priority, runAt, JobOptions.delay, maxAttempts, tag, noTags, args, Operator.reason],
            examples: [
                "tusk job edit 1024 --queue mail --priority 0 --run-at now",
                "tusk job edit 1024 --in 2h --reason 'the supplier is down'",
            ],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let edit = try edit(context)
        guard !edit.isEmpty else {
            throw CommandError(.usage, "nothing is to be changed", hint: "tusk job edit --help shows what can be.")
        }
        let author = try Operator.author(context)
        var ids: [JobID] = []
        for text in context.invocation.operands { ids.append(try Operands.job(text)) }
        let database = try context.database()
        var code = ExitCode.success
        for id in ids {
            let answer = try database.change { session throws(StoreError) in
                try session.edit(id, edit, by: author)
            }
            guard case .changed(let state, let woken) = answer else {
                let failure = failure(answer, id)
                for line in failure.lines { Console.complain(line) }
                if code == .success { code = failure.code }
                continue
            }
            if let woken { database.wake(context.console) { _ in woken } }
            let object = JSONWriter.object {
                $0.put("id", id.description)
                $0.put("state", state.rawValue)
            }
            try context.console.show(object) { ["job \(id) is changed and \(state.rawValue)"] }
        }
        return code
    }

    private static func failure(_ answer: JobEditAnswer, _ id: JobID) -> CommandError {
        switch answer {
        case .wrongState(let state):
            CommandError(.conflict, "job \(id) is \(state.rawValue) and cannot be changed")
        case .notFound: JobCommands.missing(id)
        case .invalid(let error):
            CommandError(.usage, "job \(id): " + error.problems.map(\.detail).joined(separator: "; "))
        case .changed, .refused: CommandError(.failure, "job \(id) was not changed")
        }
    }

    private static func edit(_ context: CommandContext) throws(CommandError) -> JobEdit {
        let isGiven = { (option: Option) in context.invocation.given[option.name] != nil }
        for (one, other) in [(runAt, JobOptions.delay), (tag, noTags)] where isGiven(one) && isGiven(other) {
            throw CommandError(.usage, "\(one.flag) and \(other.flag) cannot be given together")
        }
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.put("queue", try context.text(queue))
        writer.put("priority", try context.integer(priority))
        if let text = try context.text(runAt) {
            if text == "now" { writer.put("run_at", JSONText.null) } else { writer.put("run_at", text) }
        }
        writer.put("max_attempts", try context.integer(maxAttempts))
        if isGiven(tag) { writer.put("tags", try context.list(tag)) }
        if try context.flag(noTags) { writer.put("tags", JSONText.null) }
        if isGiven(args) { writer.put("args", try JobOptions.argsText(context)) }
        writer.endObject()
        var edit = try JobOptions.checked(writer.bytes) { json throws(ValidationError) in
            try JobEdit(json: json, mergesArgs: false)
        }
        if let delay = try context.duration(JobOptions.delay) { edit.runAt = .after(delay) }
        return edit
    }
}

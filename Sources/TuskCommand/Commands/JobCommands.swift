import TuskCore
import TuskStore

/// `tusk job`, but for adding and waiting.
enum JobCommands {
    private static let id = Command.Operand(name: "ID")
    private static let ids = Command.Operand(name: "ID", isRepeatable: true)
    private static let state = Option.argument("state", .choice(JobState.allCases.map(\.rawValue)), "only this state")
    private static let queue = Option.argument("queue", .text("NAME"), "only this queue")
    private static let kind = Option.argument("kind", .text("NAME"), "only this kind")
    private static let tag = Option.argument("tag", .text("NAME"), "only jobs with this tag")
    private static let limit = Option.argument(
        "limit",
        short: "n",
        .integer(1...StoreSession.listJobsMax),
        fallback: "20",
        "how many"
    )
    /// How long a list looks for jobs that are rare.
    private static let patience = Duration.seconds(5)
    private static let before = Option.argument("before", .text("ID"), "only jobs enqueued before this one")

    static let all = [
        Command(
            path: ["job", "get"],
            summary: "shows one job, its attempts and its steps",
            operands: [id],
            body: get
        ),
        Command(
            path: ["job", "list"],
            summary: "shows jobs, the newest first",
            options: [state, queue, kind, tag, limit, before],
            examples: ["tusk job list --state discarded --kind send_email -n 100 -o jsonl"],
            body: list
        ),
        Command(
            path: ["job", "cancel"],
            summary: "cancels jobs: at once while they wait, by telling their handlers while they run",
            operands: [ids],
            options: [Operator.reason],
            body: cancel
        ),
        Command(
            path: ["job", "retry"],
            summary: "makes jobs that wait, were discarded or were cancelled available now",
            operands: [ids],
            options: [Operator.reason],
            body: retry
        ),
    ]

    private static func get(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = try Operands.job(context.operand(0) ?? "")
        let (job, attempts, steps) = try context.database().with { session throws(StoreError) in
            (try session.job(id), try session.attempts(of: id), try session.steps(of: id))
        }
        guard let job else { throw missing(id) }
        try context.console.show(JobResult.object(job, attempts: attempts, steps: steps)) {
            JobResult.words(job, attempts: attempts, steps: steps)
        }
        return .success
    }

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        var filter = JobFilter()
        filter.state = try context.text(state).flatMap(JobState.init(rawValue:))
        if let text = try context.text(queue) { filter.queue = try Operands.queue(text) }
        if let text = try context.text(kind) { filter.kind = try Operands.kind(text) }
        if let text = try context.text(tag) { filter.tag = try Operands.tag(text) }
        var below: JobID?
        if let text = try context.text(before) { below = try Operands.job(text) }
        let limit = try context.integer(limit) ?? 20
        let (page, now) = try context.database().with { session throws(StoreError) in
            (
                try session.jobs(filter, below: below, limit: limit, patience: patience),
                try session.health().moment
            )
        }
        try context.console.show(
            page.jobs,
            as: "jobs",
            object: { JobResult.object($0, isWhole: false) },
            table: { JobResult.table(page.jobs, now: now) },
            empty: filter == JobFilter() && below == nil
                ? "There are no jobs. Enqueue one: tusk job add KIND" : "No job is like that. All: tusk job list"
        )
        if let next = page.next, context.console.format == .table {
            context.console.note("There may be more: \(try nextPage(after: next, context))")
        }
        return .success
    }

    /// The command that shows what comes next, under the same filters.
    private static func nextPage(after id: JobID, _ context: CommandContext) throws(CommandError) -> String {
        var words = ["tusk job list"]
        for option in [state, queue, kind, tag] {
            // Each was checked, so none has a space or a quote in it.
            if let text = try context.text(option) { words.append("\(option.flag) \(text)") }
        }
        if context.invocation.given[limit.name] != nil, let count = try context.integer(limit) {
            words.append("\(limit.flag) \(count)")
        }
        return words.joined(separator: " ") + " \(before.flag) \(id)"
    }

    private static func cancel(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let reason = try context.text(Operator.reason)
        let who = try Operator.author(context)
        return try change(context, "cancelled") { database, id throws(CommandError) in
            var released: Set<QueueName> = []
            let answer = try database.change { session throws(StoreError) in
                try session.cancel(id, by: who, reason: reason) { released = $0 }
            }
            for queue in released { database.wake(context.console) { _ in queue } }
            return answer
        }
    }

    private static func retry(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let who = try Operator.author(context)
        return try change(context, "retried") { database, id throws(CommandError) in
            let answer = try database.change { session throws(StoreError) in try session.retry(id, by: who) }
            if answer == .available {
                database.wake(context.console) { session throws(StoreError) in
                    try session.job(id).flatMap { QueueName($0.queue) }
                }
            }
            return answer
        }
    }

    /// Does something to each job named, says what became of it, and ends with the code of the first that failed.
    private static func change(
        _ context: CommandContext,
        _ wish: String,
        _ act: (Database, JobID) throws(CommandError) -> JobCommandAnswer
    ) throws(CommandError) -> ExitCode {
        var ids: [JobID] = []
        for text in context.invocation.operands { ids.append(try Operands.job(text)) }
        let database = try context.database()
        var code = ExitCode.success
        for id in ids {
            let answer = try act(database, id)
            let failure = failure(answer, id, wish)
            if let failure {
                for line in failure.lines { Console.complain(line) }
                if code == .success { code = failure.code }
                continue
            }
            let object = JSONWriter.object {
                $0.put("id", id.description)
                $0.put("state", answer.rawValue)
            }
            try context.console.show(object) { ["job \(id) \(words(answer))"] }
        }
        return code
    }

    private static func failure(_ answer: JobCommandAnswer, _ id: JobID, _ wish: String) -> CommandError? {
        switch answer {
        case .notFound: return missing(id)
        case .available, .cancelled, .cancelling: return nil
        case .blocked, .running, .completed, .discarded:
            return CommandError(.conflict, "job \(id) is \(answer.rawValue) and cannot be \(wish)")
        }
    }

    private static func words(_ answer: JobCommandAnswer) -> String {
        switch answer {
        case .cancelled: "is cancelled"
        case .cancelling: "runs and was told to stop"
        case .available: "is available"
        case .blocked, .running, .completed, .discarded, .notFound: "is \(answer.rawValue)"
        }
    }

    /// The error for an id that nobody has.
    static func missing(_ id: JobID) -> CommandError {
        CommandError(
            .notFound,
            "there is no job \(id)",
            hint: "It may have been pruned; tusk job list shows the newest."
        )
    }
}

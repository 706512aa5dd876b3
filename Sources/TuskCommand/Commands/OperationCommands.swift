import TuskAPI
import TuskCore
import TuskStore

/// `tusk operation`.
enum OperationCommands {
    private static let id = Command.Operand(name: "ID")
    private static let dryRun = Option.argument("dry-run", .flag, "only says how many jobs it would be")
    private static let perSecond = Option.argument(
        "per-second",
        .integer(NewOperation.perSecondRange),
        "the most jobs in a second; without it as many as go"
    )
    private static let canary = Option.argument(
        "canary",
        .integer(Canary.countRange),
        "so many jobs go first, and the others when they did not fail"
    )
    private static let failedMax = Option.argument(
        "canary-failed-max",
        .integer(Canary.percentRange),
        fallback: String(Canary.failedPercentStandard),
        "how many percent of the first may fail again"
    )
    private static let spareRunning = Option.argument("spare-running", .flag, "leaves jobs alone that run")
    private static let limit = Option.argument(
        "limit",
        short: "n",
        .integer(1...StoreSession.listOperationsMax),
        fallback: "20",
        "how many"
    )

    static let all = [
        Command(
            path: ["operation", "retry"],
            summary: "retries the discarded jobs that are like this, in batches",
            details: "At least one of --kind, --queue, --discard-reason and --fingerprint says which. The scheduler"
                + " does it, the job that was discarded first first; jobs that fail again meanwhile are left alone.",
            options: FailureOptions.all + [dryRun, perSecond, canary, failedMax, Operator.reason],
            examples: [
                "tusk operation retry --kind send_email --discard-reason attempts --dry-run",
                "tusk operation retry --kind send_email --per-second 50 --canary 20 --reason 'the server is back'",
            ],
            body: retry
        ),
        Command(
            path: ["operation", "cancel-jobs"],
            summary: "cancels the jobs that are like this and have not ended, in batches",
            details: "--kind, --queue or both say which, of those that are there now. The scheduler does it, the oldest"
                + " first; jobs that run are told to stop, unless --spare-running is given.",
            options: FailureOptions.ofUnfinished + [spareRunning, dryRun, perSecond, Operator.reason],
            examples: [
                "tusk operation cancel-jobs --kind send_email --dry-run",
                "tusk operation cancel-jobs --queue mail --spare-running --reason 'sent by hand'",
            ],
            body: cancelJobs
        ),
        Command(
            path: ["operation", "list"],
            summary: "shows operations and how far they are, the newest first",
            options: [limit],
            body: list
        ),
        Command(
            path: ["operation", "get"],
            summary: "shows one operation",
            operands: [id],
            body: get
        ),
        Command(
            path: ["operation", "cancel"],
            summary: "ends an operation; what it has done stays so",
            operands: [id],
            options: [Operator.reason],
            body: cancel
        ),
    ]

    private static func retry(_ context: CommandContext) throws(CommandError) -> ExitCode {
        try create(try wish(context), context)
    }

    private static func cancelJobs(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let filter = try FailureOptions.filterOfUnfinished(context)
        guard !filter.isOpen else { throw CommandError(.usage, "say which jobs: --kind, --queue or both") }
        let wish = NewOperation(
            .cancel,
            filter,
            perSecond: try context.integer(perSecond),
            reason: try reason(context),
            sparesRunning: try context.flag(spareRunning),
            isDryRun: try context.flag(dryRun)
        )
        return try create(wish, context)
    }

    /// Asks for an operation, or counts its jobs.
    static func create(_ wish: NewOperation, _ context: CommandContext) throws(CommandError) -> ExitCode {
        let database = try context.database()
        let count = try database.with { session throws(StoreError) in try session.count(wish) }
        guard !wish.isDryRun else {
            let jobs = "\(count.isExact ? "" : "At least ")\(Words.count(Int(count.matched), "job"))"
            try context.console.show(JSONWriter.object { $0.members(of: count) }) {
                ["\(jobs) would be \(done(wish.action))."]
            }
            return .success
        }
        let who = try Operator.author(context)
        let hint = "tusk operation list shows whether it did."
        let made = try database.change(orElse: hint) { session throws(StoreError) in
            try session.create(wish, matched: count.matched, by: who)
        }
        guard let made else {
            let most = StoreSession.operationsUnderWayMax
            throw CommandError(.conflict, "\(most) operations are under way", hint: "tusk operation list shows them.")
        }
        try context.console.show(JSONWriter.object { $0.members(of: made) }) {
            let verb = made.action == .retry ? "retries" : "cancels"
            let jobs = Words.count(Int(made.matched), "job")
            return ["Operation \(made.id) \(verb) \(jobs): tusk operation get \(made.id)"]
        }
        return .success
    }

    private static func wish(_ context: CommandContext) throws(CommandError) -> NewOperation {
        let filter = try FailureOptions.filter(context)
        guard !filter.isOpen else {
            throw CommandError(.usage, "say which jobs: --kind, --queue, --discard-reason or --fingerprint")
        }
        let failedMax = try context.integer(failedMax) ?? Canary.failedPercentStandard
        let first = try context.integer(canary).flatMap { Canary(count: $0, failedPercentMax: failedMax) }
        if first == nil, context.invocation.given[Self.failedMax.name] != nil {
            throw CommandError(.usage, "\(Self.failedMax.flag) is for \(canary.flag), which is missing")
        }
        return NewOperation(
            .retry,
            filter,
            perSecond: try context.integer(perSecond),
            canary: first,
            reason: try reason(context),
            isDryRun: try context.flag(dryRun)
        )
    }

    /// Why, as far as it fits.
    static func reason(_ context: CommandContext) throws(CommandError) -> String? {
        let reason = try context.text(Operator.reason)
        if let reason, reason.utf8.count > NewOperation.reasonBytesMax {
            throw CommandError(.usage, "--reason must be at most \(NewOperation.reasonBytesMax) bytes")
        }
        return reason
    }

    private static func done(_ action: OperationAction) -> String {
        switch action {
        case .retry: "retried"
        case .cancel: "cancelled"
        }
    }

    private static func list(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let max = try context.integer(limit) ?? 20
        let operations = try context.database().with { session throws(StoreError) in
            try session.operations(below: nil, max: max)
        }
        try context.console.show(
            operations,
            as: "operations",
            object: { operation in JSONWriter.object { $0.members(of: operation) } },
            table: { table(operations) },
            empty: "There are no operations. Retry many jobs: tusk operation retry --kind KIND"
        )
        return .success
    }

    private static func get(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = try number(context)
        let found = try context.database().with { session throws(StoreError) in try session.operation(id) }
        guard let found else { throw missing(id) }
        try show(found, context)
        return .success
    }

    private static func cancel(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = try number(context)
        let reason = try context.text(Operator.reason)
        let who = try Operator.author(context)
        let answer = try context.database().change { session throws(StoreError) in
            try session.cancelOperation(id, by: who, reason: reason)
        }
        switch answer {
        case .cancelled(let operation): try show(operation, context)
        case .ended(let operation):
            throw CommandError(.conflict, "operation \(id) is \(operation.state.rawValue) and cannot be cancelled")
        case .notFound: throw missing(id)
        }
        return .success
    }

    private static func show(_ operation: OperationRecord, _ context: CommandContext) throws(CommandError) {
        try context.console.show(JSONWriter.object { $0.members(of: operation) }) { words(operation) }
    }

    private static func words(_ operation: OperationRecord) -> [String] {
        Words.aligned([
            ("operation", String(operation.id)), ("state", operation.state.rawValue),
            ("what", what(operation)),
            ("jobs", "\(operation.done) of \(operation.matched) \(done(operation.action))"),
            ("refused", operation.refused > 0 ? String(operation.refused) : nil),
            ("looked at", String(operation.examined)), ("per second", operation.perSecond.map { String($0) }),
            ("canary", operation.canary.map { first(operation, $0) }), ("fault", operation.fault),
            ("asked for", "\(Words.exact(operation.createdAt) ?? "") by \(operation.createdBy)"),
            ("reason", operation.reason), ("ended", Words.exact(operation.endedAt)),
            ("cancelled", operation.cancelledBy.map { "by \($0)" + (operation.cancelReason.map { ": \($0)" } ?? "") }),
        ])
    }

    private static func first(_ operation: OperationRecord, _ canary: Canary) -> String {
        "\(canary.count) first, of which \(operation.canaryFailed) failed; at most \(canary.failedPercentMax) % may"
    }

    private static func what(_ operation: OperationRecord) -> String {
        let filter = operation.filter
        let parts = [
            ("kind", filter.kind?.text), ("queue", filter.queue?.text), ("reason", filter.reason),
            ("fingerprint", filter.fingerprint?.text),
        ]
        let words = parts.compactMap { name, text in text.map { "\(name):\($0)" } }
        return ([operation.action.rawValue] + words).joined(separator: " ")
            + (operation.sparesRunning ? ", not those that run" : "")
    }

    private static func table(_ operations: [OperationRecord]) -> Table {
        var table = Table([
            Table.Column(title: "ID", alignment: .right), Table.Column(title: "STATE"), Table.Column(title: "WHAT"),
            Table.Column(title: "MATCHED", alignment: .right), Table.Column(title: "DONE", alignment: .right),
            Table.Column(title: "REFUSED", alignment: .right), Table.Column(title: "BY"), Table.Column(title: "REASON"),
        ])
        for operation in operations {
            table.add(
                Table.Cell(String(operation.id)),
                Table.Cell(operation.state.rawValue, tone(operation.state)),
                Table.Cell(what(operation)),
                Table.Cell(String(operation.matched)),
                Table.Cell(String(operation.done)),
                Table.Cell(String(operation.refused)),
                Table.Cell(operation.createdBy),
                Table.Cell(operation.reason)
            )
        }
        return table
    }

    private static func tone(_ state: OperationState) -> Table.Cell.Tone {
        switch state {
        case .canary, .running: .busy
        case .completed: .good
        case .stopped: .bad
        case .cancelled: .plain
        }
    }

    private static func number(_ context: CommandContext) throws(CommandError) -> Int64 {
        let text = context.operand(0) ?? ""
        guard let number = JobID(text)?.rawValue else {
            throw CommandError(.usage, "an operation's id must be a whole number above 0, not \"\(text.prefix(60))\"")
        }
        return number
    }

    private static func missing(_ id: Int64) -> CommandError {
        CommandError(.notFound, "there is no operation \(id)", hint: "tusk operation list shows the newest.")
    }
}

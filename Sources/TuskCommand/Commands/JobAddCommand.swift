import TuskCore
import TuskStore

/// `tusk job add`.
enum JobAddCommand {
    private static let key = Option.argument(
        "idempotency-key",
        .text("KEY"),
        "the same key with the same job enqueues it once in 24 hours, however often this is called"
    )
    private static let wait = Option.argument("wait", .flag, "waits until the job has ended, as tusk job wait does")

    static let all = [
        Command(
            path: ["job", "add"],
            summary: "enqueues a job and shows its id",
            details: "When it returns with 0 the job is committed. With -q only the id is shown.",
            operands: [Command.Operand(name: "KIND")],
            options: JobOptions.common + JobOptions.times + [key, wait, JobWaitCommand.timeout],
            examples: [
                "tusk job add tusk.echo --args '{\"hello\":\"world\"}' --wait",
                "tusk job add send_email --args @letter.json --queue mail --in 5m --tag welcome",
            ],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let job = try JobOptions.job(kind: context.operand(0) ?? "", context)
        let key = try context.text(key)
        let mustWait = try context.flag(wait)
        let database = try context.database()
        let (enqueued, isReplayed) = try enqueue(job, key: key, database)
        if !isReplayed, case .now = job.runAt { database.wake(context.console) { _ in job.queue } }
        if mustWait {
            context.console.note("job \(enqueued.id) is enqueued")
            return try JobWaitCommand.wait(for: enqueued.id, database, context)
        }
        let object = JSONWriter.object {
            $0.put("id", enqueued.id.description)
            $0.put("state", enqueued.state.rawValue)
            $0.put("kind", job.kind.text)
            $0.put("queue", job.queue.text)
            $0.put("created_at", enqueued.createdAt)
            $0.put("run_at", enqueued.runAt)
            if isReplayed { $0.put("replayed", true) }
            if enqueued.isDeduplicated { $0.put("deduplicated", true) }
            if enqueued.isReplaced { $0.put("replaced", true) }
        }
        try context.console.show(object) { words(enqueued, job, isReplayed, context.console) }
        return .success
    }

    private static func words(
        _ enqueued: EnqueuedJob,
        _ job: NewJob,
        _ isReplayed: Bool,
        _ console: Console
    ) -> [String] {
        if console.isQuiet { return [enqueued.id.description] }
        let when = Words.exact(enqueued.runAt).map { " for \($0)" } ?? ""
        let how = words(of: enqueued, isReplayed)
        return ["job \(enqueued.id) (\(job.kind) in queue \(job.queue)) \(how)\(when)"]
    }

    private static func words(of enqueued: EnqueuedJob, _ isReplayed: Bool) -> String {
        if isReplayed { return "was enqueued before with this key" }
        guard enqueued.isDeduplicated else { return enqueued.state.rawValue }
        let change = enqueued.isReplaced ? ", took over what was given" : ""
        return "was there before\(change) and is \(enqueued.state.rawValue)"
    }

    private static func enqueue(
        _ job: NewJob,
        key: String?,
        _ database: Database
    ) throws(CommandError) -> (EnqueuedJob, isReplayed: Bool) {
        guard let key else {
            let hint = "tusk job list shows whether it did; with \(Self.key.flag) a job may be added again safely."
            let jobs = try database.change(orElse: hint) { session throws(StoreError) in try session.enqueue([job]) }
            guard let first = jobs.first else { throw CommandError(.failure, "the database enqueued nothing") }
            return (first, false)
        }
        // The command line is one of those who ask; its keys are apart from those of the API's callers.
        let request = KeyedRequest(
            keyHash: Digest.sha256(Array("cli\u{0}\(key)".utf8)),
            fingerprint: Digest.sha256(job.json.bytes),
            jobs: [job]
        )
        let hint = "Add it again with the same \(Self.key.flag): it is enqueued once."
        let answers = try database.change(orElse: hint) { session throws(StoreError) in
            try session.enqueue(keyed: [request])
        }
        switch answers.first {
        case .accepted(let jobs) where !jobs.isEmpty: return (jobs[0], false)
        case .replayed(let jobs) where !jobs.isEmpty: return (jobs[0], true)
        case .otherRequest:
            throw CommandError(
                .conflict,
                "the key \"\(key.prefix(60))\" was used for another job",
                hint: "Use a new key for another job."
            )
        case .inFlight:
            throw CommandError(.conflict, "the same key is being used at this moment", hint: "Try again.")
        case .accepted, .replayed, nil: throw CommandError(.failure, "the database enqueued nothing")
        }
    }
}

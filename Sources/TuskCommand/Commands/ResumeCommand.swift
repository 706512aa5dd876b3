import TuskCore
import TuskStore

/// `tusk resume`.
enum ResumeCommand {
    private static let restored = Option.argument(
        "restored",
        .choice(RestoredJobs.allCases.map(\.rawValue)),
        "run: its jobs run, as if nothing had happened; pause: every queue and schedule is paused first"
    )

    static let all = [
        Command(
            path: ["resume"],
            summary: "lets a database work that was restored from a backup or copied",
            details: "Its jobs are those of the moment of the backup: what has run since would run again, and a copy"
                + " would do the work of the original. So no job starts, no schedule fires and nothing is rescued"
                + " before somebody says what becomes of them. With pause queues and schedules go on one by one, with"
                + " tusk queue resume and tusk schedule resume. A server that took over or was upgraded is no such"
                + " database, unless nothing was heard of Tusk for 15 minutes.",
            options: [restored, Operator.reason],
            examples: ["tusk resume --restored pause --reason 'copy for tests'"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        guard let jobs = try context.text(restored).flatMap(RestoredJobs.init(rawValue:)) else {
            throw CommandError(.usage, "say --restored run or --restored pause")
        }
        let who = try Operator.author(context)
        let wasRestored = try context.database().change { session throws(StoreError) in
            try session.resumeRestored(jobs, by: who)
        }
        let object = JSONWriter.object { $0.put("was_restored", wasRestored) }
        try context.console.show(object) {
            guard wasRestored else { return ["The database did not wait for this; nothing has changed."] }
            switch jobs {
            case .run: return ["The database works again."]
            case .pause: return ["The database works again, and all queues and schedules are paused."]
            }
        }
        return .success
    }
}

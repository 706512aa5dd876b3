import TuskAPI
import TuskCore
import TuskPostgres
import TuskStore

/// `tusk job tail`.
enum JobTailCommand {
    /// Between two looks while something happens, and the longest when nothing does.
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(1)
    /// How long the database may be away before it is given up.
    private static let outageMax = Duration.seconds(30)

    static let all = [
        Command(
            path: ["job", "tail"],
            summary: "shows what a job logs, its progress and its states, until it has ended",
            details: "Ends with 0 when the job completed and with 6 when it was discarded or cancelled. With -o json or"
                + " jsonl each line is an object whose event is state, progress or log.",
            operands: [Command.Operand(name: "ID")],
            examples: ["tusk job tail 1025", "tusk job tail 1025 -o jsonl"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = try Operands.job(context.operand(0) ?? "")
        let database = try context.database()
        var follow = JobFollow()
        var pause = firstPause
        var outage: Deadline?
        while true {
            do throws(CommandError) {
                var seen = follow
                let news = try database.with { session throws(StoreError) in try session.news(of: id, &seen) }
                follow = seen
                outage = nil
                guard let news else { throw JobCommands.missing(id) }
                for item in news {
                    follow.see(item)
                    if let code = try show(item, context.console) { return code }
                }
                pause = news.isEmpty ? min(longestPause, pause * 3 / 2) : firstPause
            } catch {
                let until = outage ?? Deadline.after(outageMax)
                outage = until
                guard error.code == .unavailable, !until.hasPassed else { throw error }
            }
            Pause.wait(pause)
        }
    }

    /// Shows something new; the exit code when the job has ended.
    private static func show(_ news: JobFollow.News, _ console: Console) throws(CommandError) -> ExitCode? {
        switch news {
        case .log(let line):
            let object = JSONWriter.object {
                $0.put("event", "log")
                $0.members(of: line)
            }
            let words = "\(Words.exact(line.loggedAt) ?? "")  \(JSONWriter.levelName(line.level))  \(line.message)"
            try console.show(object) { [Printable.line(words)] }
        case .progress(let job):
            let object = JSONWriter.object {
                $0.put("event", "progress")
                $0.progressMembers(of: job)
            }
            try console.show(object) { [Printable.line("progress  \(JobResult.progress(job) ?? "")")] }
        case .state(let job):
            let object = JSONWriter.object {
                $0.put("event", "state")
                $0.members(of: job, isWhole: job.state.isFinal)
            }
            try console.show(object) { [Printable.line(words(job))] }
            guard job.state.isFinal else { return nil }
            return job.state == .completed ? .success : .jobFailed
        }
        return nil
    }

    /// `state  running, attempt 1 of 20`.
    private static func words(_ job: JobRecord) -> String {
        var words = "state  \(job.state.rawValue), attempt \(job.attempt) of \(job.maxAttempts)"
        if job.cancelRequestedAt != nil, !job.state.isFinal { words += ", told to stop" }
        if let error = job.error { words += ": \(error)" }
        return words
    }
}

import TuskCore
import TuskPostgres
import TuskStore

/// `tusk job wait`.
enum JobWaitCommand {
    /// Asking starts with the first pause and grows to the longest, so that short jobs are seen at once and long ones
    /// cost a query a second.
    private static let firstPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(1)
    /// How long the database may be away before the wait is given up.
    private static let outageMax = Duration.seconds(30)
    private static let times = Duration.zero ... .seconds(30 * 86_400)

    /// Also for what waits with `--wait`.
    static let timeout = Option.argument(
        "wait-timeout",
        .duration(times),
        "gives up waiting after so long, with code 7"
    )

    static let all = [
        Command(
            path: ["job", "wait"],
            summary: "waits until a job has ended and shows it",
            details: "Ends with 0 when the job completed, 6 when it was discarded or cancelled, 7 when it took too"
                + " long.",
            operands: [Command.Operand(name: "ID")],
            options: [timeout],
            examples: ["tusk job wait 1025 --wait-timeout 10m"],
            body: run
        )
    ]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let id = try Operands.job(context.operand(0) ?? "")
        return try wait(for: id, try context.database(), context)
    }

    /// Waits for a job, at most for the timeout that was given, and shows it.
    static func wait(
        for id: JobID,
        _ database: Database,
        _ context: CommandContext
    ) throws(CommandError) -> ExitCode {
        let limit = try context.duration(timeout)
        let deadline = limit.map(Deadline.after)
        var pause = firstPause
        var shown = ""
        var outage: Deadline?
        defer { if !shown.isEmpty { context.console.live("") } }
        while true {
            do throws(CommandError) {
                let job = try database.with { session throws(StoreError) in try session.job(id) }
                outage = nil
                guard let job else { throw JobCommands.missing(id) }
                if job.state.isFinal {
                    if !shown.isEmpty { context.console.live("") }
                    shown = ""
                    return try finish(job, context)
                }
                if context.console.isLive { show(job, &shown, context.console) }
            } catch {
                let until = outage ?? Deadline.after(outageMax)
                outage = until
                guard error.code == .unavailable, !until.hasPassed else { throw error }
            }
            if let deadline, deadline.hasPassed {
                throw CommandError(
                    .waitTimedOut,
                    "job \(id) has not ended within \(DurationText.print(limit ?? .zero))"
                )
            }
            Pause.wait(min(pause, deadline?.remaining ?? pause))
            pause = min(longestPause, pause * 3 / 2)
        }
    }

    private static func finish(_ job: JobRecord, _ context: CommandContext) throws(CommandError) -> ExitCode {
        try context.console.show(JobResult.object(job)) { JobResult.words(job) }
        return job.state == .completed ? .success : .jobFailed
    }

    private static func show(_ job: JobRecord, _ shown: inout String, _ console: Console) {
        let progress = JobResult.progress(job).map { " \($0)" } ?? ""
        let line = Printable.line("job \(job.id) \(job.state.rawValue)\(progress)")
        guard line != shown else { return }
        shown = line
        console.live(line)
    }
}

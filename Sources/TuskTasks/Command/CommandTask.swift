import Tusk
import TuskCore

/// Runs the jobs of one kind by a command.
///
/// The args come on its standard input, as they were enqueued. What it writes to its standard output, one JSON object a
/// line, is its progress, log, result and checkpoints; its standard error is log. Exit status 0 completes the job, 65
/// discards it, 69 says that its resource is unavailable, 75 after the line `{"snooze": seconds}` lets it run again
/// then at no cost, and every other end costs an attempt and is retried. When it has ended, or has to end, nothing of
/// it goes on.
struct CommandTask: Sendable {
    private let spec: CommandSpec
    private let supervisors: SupervisorPool

    /// How much longer than its job a command may live when its worker is stopped and cannot tell it to end.
    private static let lifetimeExtra = Duration.seconds(1)

    init(_ spec: CommandSpec, _ supervisors: SupervisorPool) {
        self.spec = spec
        self.supervisors = supervisors
    }

    /// Does one job.
    func perform(_ context: JobContext) throws {
        do throws(TaskFailure) {
            guard let result = try run(context) else { return }
            do throws(TuskError) {
                try context.setResult(result)
            } catch {
                throw .refused(error.description)
            }
        } catch {
            throw error.directive
        }
    }

    private func run(_ context: JobContext) throws(TaskFailure) -> JSONText? {
        let checkpoint: JSONText?
        do throws(TuskError) {
            checkpoint = try context.cursor()
        } catch {
            throw .unreadable("its checkpoint cannot be read: \(error)")
        }
        let lifetime = context.remaining + spec.grace + Self.lifetimeExtra
        let order = CommandOrder(spec, variables: variables(context, checkpoint), lifetime: lifetime)
        guard let message = order.message else { throw .refused("the command's arguments and variables are too long") }
        // One that was killed while it was parked is replaced by a new one.
        for isNew in [false, true] {
            let supervisor = try supervisors.borrow(isNew: isNew)
            var isGone = false
            defer { if isGone { supervisor.end() } else { supervisors.park(supervisor) } }
            switch try CommandRun(spec, context, supervisor).run(message, isGone: &isGone) {
            case .ended(let result): return result
            case .notStarted: continue
            }
        }
        throw .unreadable("what watches over commands does not start")
    }

    /// The whole environment of the command.
    private func variables(_ context: JobContext, _ checkpoint: JSONText?) -> [String] {
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]
        variables.merge(spec.variables) { _, configured in configured }
        variables["TUSK_JOB_ID"] = String(context.id.rawValue)
        variables["TUSK_LEASE"] = String(context.lease.rawValue)
        variables["TUSK_KIND"] = context.kind.text
        variables["TUSK_QUEUE"] = context.queue.text
        variables["TUSK_ATTEMPT"] = String(context.attempt)
        variables["TUSK_MAX_ATTEMPTS"] = String(context.maxAttempts)
        variables["TUSK_TIMEOUT_SECONDS"] = String(max(1, Int(context.remaining / .seconds(1))))
        variables["TUSK_TRACEPARENT"] = context.traceparent
        variables["TUSK_CHECKPOINT"] = checkpoint?.text
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }
}

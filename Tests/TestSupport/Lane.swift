import Dispatch

/// A thread of its own for a test's body: the body may block it, which would stall Swift's cooperative pool of as many
/// threads as there are cores.
///
/// As a task executor it keeps the task, and with it the test that expectations are reported to.
public final class Lane: TaskExecutor {
    private let queue: DispatchQueue

    /// A lane with a name for debuggers.
    public init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Runs the job on the lane.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs `body` on a new lane. Between its suspensions it has the thread to itself.
    public static func run<Answer: Sendable>(
        _ label: String,
        _ body: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withTaskExecutorPreference(Lane(label: label)) {
            try await body()
        }
    }
}

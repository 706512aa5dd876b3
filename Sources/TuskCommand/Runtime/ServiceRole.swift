/// A part of a process that serves: the API, the worker, the scheduler, the admin listener.
protocol ServiceRole: Sendable {
    /// For log lines and people.
    var name: String { get }

    /// Begins to work and says where or as what, for people. Once.
    func start() throws(CommandError) -> String

    /// Takes no new work from now on, lets what runs go on for at most `limit`, and returns when nothing is left or
    /// `stop` was called. Blocks.
    func drain(within limit: Duration)

    /// Ends what still goes on; returns when nothing runs any more. Any number of times, from any thread.
    func stop()

    /// What is left undone after the end, for the exit code; nil when nothing is.
    var remains: CommandError? { get }

    /// Whether it is stuck, so that the process should be replaced.
    var isStuck: Bool { get }
}

extension ServiceRole {
    var remains: CommandError? { nil }
    var isStuck: Bool { false }
}

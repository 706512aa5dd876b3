import Dispatch
import Glibc
import Synchronization

/// A program started by us, in a process group of its own so that a terminal's Ctrl-C does not reach it.
///
/// Source: posix_spawn(3) of glibc 2.36; waitpid(2).
final class ChildProcess: Sendable {
    /// How a program ended.
    enum End: Sendable, Equatable {
        case exited(Int32)
        case signaled(Int32)

        /// Whether it ended with status 0.
        var isSuccess: Bool { self == .exited(0) }
    }

    /// What to start and how.
    struct Plan {
        /// The program's absolute path and its arguments.
        var command: [String]
        var environment: [String: String]
        /// Where its output and its errors go, from the file's start.
        var output: String
    }

    let processID: pid_t
    private let end = Mutex<End?>(nil)
    private let ended = DispatchGroup()

    /// Starts the program. The calling thread counts as its parent where the kernel asks for one (PR_SET_PDEATHSIG),
    /// so that must be one which lives as long as the process.
    init(_ plan: Plan) throws(CommandError) {
        processID = try Self.spawn(plan)
        ended.enter()
        // A serial queue whose only block waits is a thread of our own, which also keeps zombies away.
        DispatchQueue(label: "tusk.child.\(processID)").async { [self] in
            let end = Self.awaitEnd(of: processID)
            self.end.withLock { $0 = end }
            ended.leave()
        }
    }

    /// How it ended; nil while it runs.
    var finished: End? { end.withLock { $0 } }

    /// Waits for its end at most so long.
    func wait(_ limit: Duration) -> End? {
        _ = ended.wait(timeout: .now() + limit / .seconds(1))
        return finished
    }

    /// Sends it a signal, unless it has ended.
    func send(_ number: Int32) {
        // The number of a process that was waited for may belong to another one.
        end.withLock { end in
            if end == nil { kill(processID, number) }
        }
    }

    /// Calls `body` when it has ended.
    func onEnd(_ body: @escaping @Sendable (End?) -> Void) {
        ended.notify(queue: DispatchQueue(label: "tusk.child.end")) { @Sendable [self] in body(finished) }
    }

    /// Runs a program to its end; it is killed when that takes longer than `limit` or somebody asks for the end.
    static func run(_ plan: Plan, limit: Duration, _ signals: StopSignals? = nil) throws(CommandError) -> End {
        let child = try ChildProcess(plan)
        let deadline = ContinuousClock.now.advanced(by: limit)
        while true {
            if let end = child.wait(.milliseconds(20)) { return end }
            if ContinuousClock.now >= deadline || signals.map({ $0.urgency > .none }) ?? false {
                kill(-child.processID, SIGKILL)
                _ = child.wait(.seconds(5))
                try signals?.check()
                throw CommandError(.failure, "\(plan.command[0]) did not end within \(limit)")
            }
        }
    }

    // MARK: The system

    private static func spawn(_ plan: Plan) throws(CommandError) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, plan.output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        var processID: pid_t = 0
        let variables = plan.environment.map { "\($0.key)=\($0.value)" }
        let status = withCStrings(plan.command) { arguments in
            withCStrings(variables) { variables in
                posix_spawn(&processID, plan.command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard status == 0 else {
            let why = SystemError.words(status)
            throw CommandError(.failure, "cannot start \(plan.command[0]): \(why)")
        }
        return processID
    }

    /// C strings with a nil at the end, for the time of `body`.
    private static func withCStrings<Answer>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Answer
    ) -> Answer {
        let strings = texts.map { strdup($0) }
        defer { for string in strings { free(string) } }
        return (strings + [nil]).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with a nil in it is not empty") }
            return body(base)
        }
    }

    private static func awaitEnd(of processID: pid_t) -> End {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) == -1 {
            // Nobody else waits for it, so it can only be an interruption.
            guard errno == EINTR else { return .exited(-1) }
        }
        // The layout of a wait status: waitpid(2), WIFSIGNALED and WEXITSTATUS.
        let number = status & 0x7F
        return number == 0 ? .exited((status >> 8) & 0xFF) : .signaled(number)
    }
}

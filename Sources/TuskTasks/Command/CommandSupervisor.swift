import CLinux
import Glibc

/// The process between a worker and one command at a time.
///
/// It is the reaper of everything the command leaves behind: a process whose parent is gone becomes its child, whatever
/// session or group it is in, so "no children" means that nothing is left. When its worker ends, however it ends, the
/// socket says so, and all that still runs is killed. It has one thread and nothing of the worker's: no variables, no
/// descriptors, no memory.
///
/// What can get away: what another service of the machine starts when it is asked to, and, where a command runs as the
/// same user, what is left by one that kills its supervisor.
package enum CommandSupervisor {
    /// The word with which the program is started for this.
    package static let word = "supervise-commands"
    /// SIGTERM to the command's group; SIGKILL to all.
    static let terminate = UInt8(ascii: "T"), kill = UInt8(ascii: "K")

    /// The descriptor of the socket to the worker.
    static let socket: Int32 = 3
    /// How often the processes are counted. What multiplies faster than this meets the kernel's limit for its user,
    /// which root has none of: that takes TasksMax of the worker's unit.
    private static let lookMilliseconds: Int32 = 20

    /// How many tasks more than it has now the user may have for each process of a command, as a limit of the kernel
    /// behind the count. Roomy: threads count too, and those of everything else that runs as the same user.
    private static let tasksPerProcess = 16

    /// Serves until the worker is gone. Answers with the exit status.
    package static func run() -> Int32 {
        for number in [SIGTERM, SIGINT, SIGHUP, SIGPIPE] { _ = signal(number, SIG_IGN) }
        let childSignal = tusk_child_signal()
        var status = stat()
        guard unsafe fstat(socket, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, childSignal >= 0,
            tusk_become_subreaper() == 0, ProcessTree.isKnown
        else { return EX_OSERR }
        var message = [UInt8](repeating: 0, count: CommandOrder.bytesMax)
        while true {
            var descriptors: [Int32] = [-1, -1, -1]
            let count = unsafe tusk_receive_with(socket, &message, message.count, &descriptors)
            guard count > 0 else { return EX_OK }
            defer { for descriptor in descriptors where descriptor >= 0 { close(descriptor) } }
            // A signal for a command that has just ended.
            guard let order = CommandOrder(message: message.prefix(count)) else { continue }
            guard let end = run(order, &descriptors, childSignal) else { return EX_OK }
            let answer = end.message
            guard unsafe send(socket, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else {
                return EX_OK
            }
        }
    }

    /// Runs one command; nil when the worker is gone.
    private static func run(_ order: CommandOrder, _ descriptors: inout [Int32], _ childSignal: Int32) -> CommandEnd? {
        let leader = start(order, descriptors)
        for descriptor in descriptors { close(descriptor) }
        descriptors = []
        guard leader > 0 else {
            sweep(0)
            return .unstartable(-leader)
        }
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(order.lifetimeMilliseconds))
        while true {
            switch watch(leader, childSignal) {
            case .ended(let status):
                sweep(0)
                return CommandEnd(waitStatus: status)
            case .killed: return sweep(leader).map(CommandEnd.init(waitStatus:)) ?? .signaled(SIGKILL)
            case .abandoned:
                sweep(leader)
                return nil
            case .nothing: break
            }
            if ContinuousClock.now >= deadline {
                return sweep(leader).map(CommandEnd.init(waitStatus:)) ?? .signaled(SIGKILL)
            }
            if ProcessTree.descendants(max: order.processesMax + 1).count > order.processesMax {
                sweep(leader)
                return .tooManyProcesses
            }
        }
    }

    private enum News {
        case nothing
        case ended(Int32)
        case killed
        case abandoned
    }

    /// Waits a moment for something to happen.
    private static func watch(_ leader: pid_t, _ childSignal: Int32) -> News {
        var events = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: childSignal, events: Int16(POLLIN), revents: 0),
        ]
        _ = unsafe poll(&events, 2, lookMilliseconds)
        if events[1].revents != 0 {
            var seen = [UInt8](repeating: 0, count: 4096)
            _ = unsafe read(childSignal, &seen, seen.count)
        }
        var status: Int32 = 0
        while case let gone = unsafe tusk_reap(leader, &status), gone > 0 {
            if gone == leader { return .ended(status) }
        }
        guard events[0].revents != 0 else { return .nothing }
        var order: UInt8 = 0
        guard unsafe recv(socket, &order, 1, Int32(MSG_DONTWAIT)) == 1 else { return .abandoned }
        if order == kill { return .killed }
        _ = Glibc.kill(-leader, SIGTERM)
        return .nothing
    }

    /// Kills until there is no child any more. `leader` is 0 when it is gone already; its wait status otherwise.
    @discardableResult
    private static func sweep(_ leader: pid_t) -> Int32? {
        var leader = leader
        var leaderStatus: Int32?
        while true {
            var status: Int32 = 0
            let gone = unsafe tusk_reap(leader, &status)
            if gone < 0 { return leaderStatus }
            if gone > 0 {
                if gone == leader {
                    leaderStatus = status
                    leader = 0
                }
                continue
            }
            if leader > 0 { _ = Glibc.kill(-leader, SIGKILL) }
            for process in ProcessTree.descendants(max: .max) { _ = Glibc.kill(process, SIGKILL) }
            // Until one of them has ended; its signal waits in the descriptor, so this is a pause at most.
            _ = poll(nil, 0, 1)
        }
    }

    private static func start(_ order: CommandOrder, _ descriptors: [Int32]) -> pid_t {
        guard descriptors.allSatisfy({ $0 >= 0 }) else { return -EBADF }
        let tasks = ProcessTree.taskCount(of: geteuid()) + tasksPerProcess * order.processesMax
        return unsafe CStrings.with(order.arguments) { arguments in
            unsafe CStrings.with(order.variables) { variables in
                var command = unsafe tusk_command()
                unsafe command.arguments = unsafe arguments
                unsafe command.variables = unsafe variables
                unsafe command.input = descriptors[0]
                unsafe command.output = descriptors[1]
                unsafe command.errors = descriptors[2]
                unsafe command.memory_bytes = UInt64(order.memoryBytes)
                unsafe command.cpu_seconds = UInt64(order.cpuSeconds)
                unsafe command.file_bytes = UInt64(order.fileBytesMax)
                unsafe command.files = UInt64(order.filesMax)
                unsafe command.tasks = UInt64(tasks)
                return unsafe order.directory.withCString { directory in
                    unsafe command.directory = unsafe directory
                    return unsafe tusk_start(&command)
                }
            }
        }
    }
}

/// C strings with a nil at the end.
enum CStrings {
    /// They live as long as `body` runs.
    @unsafe static func with<Answer>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Answer
    ) -> Answer {
        let strings = unsafe texts.map { unsafe strdup($0) }
        defer {
            for index in unsafe strings.indices { unsafe free(strings[index]) }
        }
        return unsafe (strings + [nil]).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with a nil is not empty") }
            return unsafe body(base)
        }
    }
}

import CLinux
import Glibc
import Synchronization

/// A supervising process and the socket to it, in one caller's hands at a time.
struct Supervisor: Sendable {
    private let processID: pid_t
    let socket: Int32

    /// Starts one. `program` is how this program is started for it: the path and its arguments.
    init(_ program: [String]) throws(TaskFailure) {
        var pair: [Int32] = [-1, -1]
        guard unsafe tusk_seqpacket_pair(&pair) == 0 else { throw .unreadable("no socket: \(Self.words(errno))") }
        let answer = unsafe CStrings.with(program) { arguments in
            unsafe tusk_spawn_supervisor(program[0], arguments, pair[1])
        }
        close(pair[1])
        guard answer > 0 else {
            close(pair[0])
            throw .unreadable("cannot start \(program[0]): \(Self.words(-answer))")
        }
        (processID, socket) = (answer, pair[0])
    }

    /// Has a command started with these as its standard descriptors. False when nobody is there any more.
    func start(_ message: [UInt8], _ descriptors: [Int32]) -> Bool {
        unsafe tusk_send_with(socket, message, message.count, descriptors) == message.count
    }

    /// Tells it to send a signal; see `CommandSupervisor`.
    func tell(_ order: UInt8) {
        var order = order
        _ = unsafe send(socket, &order, 1, Int32(MSG_NOSIGNAL))
    }

    /// How the command ended, once the socket can be read; nil: the supervisor is gone.
    func readEnd() -> CommandEnd? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe recv(socket, &bytes, bytes.count, 0)
        return count > 0 ? CommandEnd(message: bytes.prefix(count)) : nil
    }

    /// Lets it end, and whatever it still runs with it. Waits until it has, which is when the last of it is killed.
    func end() {
        close(socket)
        var status: Int32 = 0
        while unsafe waitpid(processID, &status, 0) == -1, errno == EINTR {}
    }

    /// The system's words for its error numbers.
    static func words(_ number: Int32) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text).lowercased()
    }
}

/// Supervisors between commands. There are never more than commands ran at once.
final class SupervisorPool: Sendable {
    private let program: [String]
    private let parked = Mutex<[Supervisor]>([])

    /// None is started before one is needed.
    init(_ program: [String]) {
        self.program = program
    }

    deinit {
        for supervisor in parked.withLock({ $0 }) { supervisor.end() }
    }

    /// One that is free, or a new one; `isNew`: a new one in any case.
    func borrow(isNew: Bool) throws(TaskFailure) -> Supervisor {
        if !isNew, let supervisor = parked.withLock({ $0.popLast() }) { return supervisor }
        return try Supervisor(program)
    }

    /// Takes one back that runs nothing.
    func park(_ supervisor: Supervisor) {
        parked.withLock { $0.append(supervisor) }
    }
}

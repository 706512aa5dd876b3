import Dispatch
import Glibc
import Synchronization
import TuskPostgres
import TuskStore

/// A worker process as the bench that started it sees it; see `BenchWorkerProcess`.
///
/// Source: posix_spawn(3), socketpair(2), unix(7) about SOCK_SEQPACKET, clock_getcpuclockid(3).
final class WorkerProcess: Sendable {
    /// How long it may take to start, and to end when it is told to.
    private static let patience: Duration = .seconds(30)

    private struct State {
        var report = BenchWorkerProcess.Report()
        var hasEnded = false
    }

    let processID: pid_t
    private let socket: Int32
    private let state = Mutex(State())
    private let reading = DispatchGroup()

    /// Starts one and waits until it is ready to begin. `onHandled` is told how many jobs it has handled more.
    init(_ plan: BenchPlan, _ settings: ConnectionSettings, onHandled: @escaping @Sendable (Int) -> Void) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw BenchFailure("no socket: errno \(errno)") }
        socket = ends[0]
        do {
            defer { close(ends[1]) }
            processID = try Self.spawn(plan, input: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
        let order = BenchWorkerProcess.order(settings)
        guard send(socket, order, order.count, Int32(MSG_NOSIGNAL)) == order.count, awaitReady() else {
            end(within: .zero)
            throw BenchFailure("a worker process did not start")
        }
        reading.enter()
        _ = LoadThread("bench-reader") { [self] _ in
            read(onHandled)
            reading.leave()
        }
    }

    /// Jobs whose outcomes are not written yet.
    var unsettled: Int { state.withLock { $0.report.unsettled } }
    /// Whether it is gone.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// What it has used so far.
    var cpuSeconds: Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(processID, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Lets it work.
    func start() throws {
        guard tell(BenchWorkerProcess.go) else { throw BenchFailure("a worker process has ended") }
    }

    /// Lets it end, and waits for that; it is killed when it takes too long.
    func stop() {
        end(within: tell(BenchWorkerProcess.stop) ? Self.patience : .zero)
    }

    private func tell(_ word: UInt8) -> Bool { send(socket, [word], 1, Int32(MSG_NOSIGNAL)) == 1 }

    private func awaitReady() -> Bool {
        var events = [pollfd(fd: socket, events: Int16(POLLIN), revents: 0)]
        var answer: UInt8 = 0
        return poll(&events, 1, Int32(Self.patience.wholeMilliseconds)) == 1 && recv(socket, &answer, 1, 0) == 1
            && answer == BenchWorkerProcess.ready
    }

    /// Reads reports until the process closes its end.
    private func read(_ onHandled: (Int) -> Void) {
        var message = [0, 0]
        while true {
            let count = recv(socket, &message, message.count * MemoryLayout<Int>.size, 0)
            if count < 0, errno == EINTR { continue }
            guard let report = BenchWorkerProcess.Report(message, bytes: count) else { break }
            let more = state.withLock { state in
                let more = report.handled - state.report.handled
                state.report = report
                return more
            }
            if more > 0 { onHandled(more) }
        }
        state.withLock { $0.hasEnded = true }
    }

    private func end(within time: Duration) {
        let deadline = ContinuousClock.now.advanced(by: time)
        var status: Int32 = 0
        while waitpid(processID, &status, WNOHANG) == 0 {
            if ContinuousClock.now >= deadline { kill(processID, SIGKILL) }
            Moment.pass(.milliseconds(1))
        }
        reading.wait()
        close(socket)
    }

    private static func spawn(_ plan: BenchPlan, input: Int32) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // A group of its own: a terminal's Ctrl-C is for the bench, which lets it end.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK)
        )
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        let words = plan.workerCommand.map { strdup($0) }
        let variables = plan.workerEnvironment.map { strdup("\($0.key)=\($0.value)") }
        defer { for string in words + variables { free(string) } }
        var processID: pid_t = 0
        let path = plan.workerCommand[0]
        let status = posix_spawn(&processID, path, &actions, &attributes, words + [nil], variables + [nil])
        guard status == 0 else { throw BenchFailure("cannot start \(path): errno \(status)") }
        return processID
    }
}

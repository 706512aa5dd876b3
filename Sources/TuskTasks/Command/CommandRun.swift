import CLinux
import Glibc
import Tusk
import TuskCore

/// One attempt of a job by a command: from its start to the moment when nothing of it is left. Used by one thread, the
/// slot's own, which it blocks.
final class CommandRun {
    private let spec: CommandSpec
    private let context: JobContext
    private let supervisor: Supervisor

    private var outputLines = LineCutter()
    private var errorLines = LineCutter()
    private var lineNumber = 0
    private var outputBytes = 0
    /// The last line of its standard error.
    private var lastWords = ""
    private var result: JSONText?
    /// When it wants to run again, should it end with status 75.
    private var snooze: Duration?
    /// Why it is being stopped, apart from the job's being told to.
    private var failure: TaskFailure?
    private var killAt: ContinuousClock.Instant?
    private var isKilled = false

    /// How soon it is noticed that the job was told to stop.
    private static let lookMilliseconds: Int32 = 50
    /// How much of its last words the error has, in characters.
    private static let lastWordsMax = 300

    init(_ spec: CommandSpec, _ context: JobContext, _ supervisor: Supervisor) {
        self.spec = spec
        self.context = context
        self.supervisor = supervisor
    }

    /// How a run went that did not fail.
    enum Answer {
        /// The supervisor was gone before it could start anything.
        case notStarted
        /// The command has ended well, with its result if it gave one.
        case ended(JSONText?)
    }

    /// Runs it. `isGone` is whether the supervisor is gone afterwards.
    func run(_ message: [UInt8], isGone: inout Bool) throws(TaskFailure) -> Answer {
        let input = context.rawArgs.bytes
        let file = unsafe tusk_memory_file(input, input.count)
        guard file >= 0 else { throw .unreadable("no memory for the args: \(Supervisor.words(errno))") }
        defer { close(file) }
        let output = try Pipe()
        defer { output.close() }
        let errors = try Pipe()
        defer { errors.close() }
        guard supervisor.start(message, [file, output.writer, errors.writer]) else {
            isGone = true
            return .notStarted
        }
        output.closeWriter()
        errors.closeWriter()
        let end = attend(output, errors)
        isGone = end == nil
        if context.isCancelled { throw .stopped }
        return .ended(try judge(end))
    }

    /// Listens until it has ended.
    private func attend(_ output: Pipe, _ errors: Pipe) -> CommandEnd? {
        var events = [
            pollfd(fd: supervisor.socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output.reader, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors.reader, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            _ = unsafe poll(&events, nfds_t(events.count), Self.lookMilliseconds)
            if events[1].revents != 0, !takeOutput(output) { events[1].fd = -1 }
            if events[2].revents != 0, !takeErrors(errors) { events[2].fd = -1 }
            if events[0].revents != 0 {
                let end = supervisor.readEnd()
                // All its processes are gone, so what they wrote is in the pipes or was read.
                while takeOutput(output) {}
                while takeErrors(errors) {}
                for line in outputLines.finish() { takeLine(line) }
                for line in errorLines.finish() { takeErrorLine(line) }
                return end
            }
            urge()
        }
    }

    /// Tells it to stop when there is a reason, and kills it when that does not help.
    private func urge() {
        guard context.isCancelled || failure != nil, !isKilled else { return }
        let now = ContinuousClock.now
        guard let killAt else {
            supervisor.tell(CommandSupervisor.terminate)
            killAt = now.advanced(by: spec.grace)
            return
        }
        guard now >= killAt else { return }
        supervisor.tell(CommandSupervisor.kill)
        isKilled = true
    }

    // MARK: What it writes

    /// False: there is nothing more now.
    private func takeOutput(_ pipe: Pipe) -> Bool {
        guard let bytes = pipe.read() else { return false }
        guard count(bytes) else { return true }
        for line in outputLines.take(bytes) { takeLine(line) }
        return true
    }

    private func takeErrors(_ pipe: Pipe) -> Bool {
        guard let bytes = pipe.read() else { return false }
        guard count(bytes) else { return true }
        for line in errorLines.take(bytes) { takeErrorLine(line) }
        return true
    }

    /// Whether it may write that much. When not, nothing of it is looked at any more, and it is killed at once.
    private func count(_ bytes: [UInt8]) -> Bool {
        outputBytes += bytes.count
        guard outputBytes > spec.outputBytesMax else { return failure == nil }
        if failure == nil { failure = .unreadable("it wrote more than \(spec.outputBytesMax) bytes") }
        if !isKilled { supervisor.tell(CommandSupervisor.kill) }
        isKilled = true
        return false
    }

    private func takeLine(_ line: [UInt8]) {
        lineNumber += 1
        guard failure == nil else { return }
        do throws(CommandLines.Fault) {
            for word in try CommandLines.words(line) { obey(word) }
        } catch {
            failure = .unreadable("line \(lineNumber) of its standard output \(error.what)")
        }
    }

    private func takeErrorLine(_ line: [UInt8]) {
        guard !line.isEmpty else { return }
        lastWords = CommandLines.text(line)
        context.log(.info, lastWords)
    }

    private func obey(_ word: CommandWord) {
        switch word {
        case .progress(let fraction, let message): context.progress(fraction, message)
        case .log(let text): context.log(.info, text)
        case .result(let value): result = value
        case .snooze(let delay): snooze = delay
        case .checkpoint(let value):
            do throws(TuskError) {
                try context.saveCursor(value)
            } catch {
                failure = .unreadable("its checkpoint was not saved: \(error)")
            }
        }
    }

    // MARK: How it ended

    private func judge(_ end: CommandEnd?) throws(TaskFailure) -> JSONText? {
        if let failure { throw failure }
        switch end {
        case .exited(0): return result
        case .exited(65): throw .refused(reason("exit status 65"))
        case .exited(75):
            guard let snooze else { throw .unreadable(reason("exit status 75")) }
            throw .postponed(snooze)
        case .exited(69): throw .unavailable(reason("exit status 69"))
        case .exited(let status): throw .unreadable(reason("exit status \(status)"))
        case .signaled(SIGXCPU): throw .unreadable("it used more than \(spec.cpuSeconds) s of CPU time")
        case .signaled(SIGXFSZ): throw .unreadable("it wrote a file of more than \(spec.fileBytesMax) bytes")
        case .signaled(let signal): throw .unreadable(reason("ended by \(Self.name(signal))"))
        case .tooManyProcesses: throw .unreadable("it was more than \(spec.processesMax) processes at once")
        case .unstartable(let error):
            throw .unreadable("cannot start \(spec.arguments[0]): \(Supervisor.words(error))")
        case nil: throw .unreadable("its supervisor was killed")
        }
    }

    private func reason(_ what: String) -> String {
        lastWords.isEmpty ? what : "\(what): \(lastWords.prefix(Self.lastWordsMax))"
    }

    private static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGSEGV: "SIGSEGV"
        case SIGABRT: "SIGABRT"
        case SIGKILL: "SIGKILL"
        case SIGTERM: "SIGTERM"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGILL: "SIGILL"
        case SIGPIPE: "SIGPIPE"
        default: "signal \(signal)"
        }
    }
}

/// A pipe that is read without waiting. Used by one thread.
final class Pipe {
    let reader: Int32
    private(set) var writer: Int32

    private static let pieceBytes = 64 << 10

    init() throws(TaskFailure) {
        var ends: [Int32] = [-1, -1]
        guard unsafe tusk_pipe(&ends) == 0 else {
            throw .unreadable("no pipe: \(Supervisor.words(errno))")
        }
        (reader, writer) = (ends[0], ends[1])
    }

    /// Some bytes; nil: there are none now, or never will be.
    func read() -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            var got: Int
            repeat { got = unsafe Glibc.read(reader, buffer.baseAddress, buffer.count) } while got < 0 && errno == EINTR
            count = max(0, got)
        }
        return bytes.isEmpty ? nil : bytes
    }

    func closeWriter() {
        if writer >= 0 { Glibc.close(writer) }
        writer = -1
    }

    func close() {
        closeWriter()
        Glibc.close(reader)
    }
}

import Dispatch
import Foundation
import Synchronization
import Tusk

/// A worker as a user of the library would write it, which also writes down what it executes.
///
/// Arguments: the connection string, the file to append to, the lease time in milliseconds, the slots and the drain
/// timeout in milliseconds.
@main
enum HistoryWorker {
    static func main() {
        Program.run(CommandLine.arguments)
    }
}

/// What `main` forwards to: it must not run on the main actor, whose closures Dispatch cannot call elsewhere.
private enum Program {
    static func run(_ arguments: [String]) {
        guard arguments.count == 6, let leaseMilliseconds = Int64(arguments[3]), let slots = Int(arguments[4]),
            let drainMilliseconds = Int64(arguments[5])
        else {
            FileHandle.standardError.write(Data("usage: HistoryWorker URL FILE LEASE_MS SLOTS DRAIN_MS\n".utf8))
            exit(2)
        }
        do {
            var configuration = WorkerConfiguration(queues: [.standard], concurrency: slots)
            configuration.leaseTime = .milliseconds(leaseMilliseconds)
            configuration.drainTimeout = .milliseconds(drainMilliseconds)
            let worker = try Worker(configuration, connecting: arguments[1])
            let file = try HistoryFile(path: arguments[2])
            worker.register(Recorded(file: file))
            worker.register(Stepped(file: file))
            let termination = Termination()
            worker.start()
            termination.wait()
            worker.stop()
        } catch {
            FileHandle.standardError.write(Data("HistoryWorker: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// SIGTERM, from the moment this is made.
private final class Termination {
    private let isAsked = DispatchSemaphore(value: 0)
    private let source = DispatchSource.makeSignalSource(signal: SIGTERM)

    init() {
        let isAsked = isAsked
        source.setEventHandler { isAsked.signal() }
        // Dispatch installs a handler of its own. Ignoring the signal as well could lose one that comes meanwhile.
        source.activate()
    }

    func wait() {
        isAsked.wait()
    }
}

/// A file that survives its writer: each line is one `write` in append mode.
private final class HistoryFile: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
    }

    deinit { close(descriptor) }

    /// Appends `what job lease microseconds`.
    func note(_ what: String, _ context: JobContext) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        let line = Array("\(what) \(context.id) \(context.lease) \(microseconds)\n".utf8)
        _ = write(descriptor, line, line.count)
    }
}

/// Does as its args say, and writes down that it began and that it came to its end.
private struct Recorded: JobHandler {
    struct Args: Codable, Sendable {
        /// How long the work takes.
        var milliseconds: Int
        /// `sleep` gives the thread away, `spin` burns it.
        var work: String
        /// What happens at the first attempt: `ok`, `fail`, `retry` or `snooze`.
        var first: String
    }

    static let kind: Kind = "recorded"
    static let policy = HandlerPolicy(retry: .fixed(delay: .milliseconds(50)))

    struct Failure: Error {}

    let file: HistoryFile

    func perform(_ args: Args, _ context: JobContext) async throws {
        file.note("start", context)
        let end = ContinuousClock.now.advanced(by: .milliseconds(args.milliseconds))
        if args.work == "spin" {
            while ContinuousClock.now < end {}
        } else {
            // A handler that blocks its slot, as one does that waits for another service.
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(args.milliseconds))
        }
        if context.attempt == 1 {
            switch args.first {
            case "fail": throw Failure()
            case "retry": throw JobDirective.retry(after: .milliseconds(20), reason: "asked to")
            case "snooze" where Bool.random(): throw JobDirective.snooze(for: .milliseconds(20))
            default: break
            }
        }
        file.note("end", context)
    }
}

/// Three steps, each of which is written down when it begins and gives back its lease; the last waits for a file.
private struct Stepped: JobHandler {
    struct Args: Codable, Sendable {
        /// The last step waits until this file is there.
        var gate: String
    }

    static let kind: Kind = "stepped"

    let file: HistoryFile

    func perform(_ args: Args, _ context: JobContext) async throws {
        var leases: [Int64] = []
        for name in ["one", "two", "three"] {
            leases.append(
                try await context.step(name) {
                    file.note(name, context)
                    while name == "three", !FileManager.default.fileExists(atPath: args.gate) {
                        try context.checkCancelled()
                        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(10))
                    }
                    return context.lease.rawValue
                }
            )
        }
        try context.setResult(leases)
    }
}

import Foundation
import Synchronization
import TestSupport

/// The program that was built beside the tests, run as a process.
final class TuskProcess: Sendable {
    /// How it ended and what it wrote.
    struct Ended: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    private final class Status: Sendable {
        let value = Mutex<Int32?>(nil)
    }

    private let ending = Status()
    private let folder: String
    let processID: Int32

    /// The folder of the test bundle, where the program is too.
    static var program: String {
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let argument = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return (bundle ?? URL(filePath: argument)).deletingLastPathComponent().appending(path: "tusk").path
    }

    /// Starts it. The environment is that of the tests without settings of PostgreSQL and Tusk; `launcher` may be
    /// another program that gets the arguments, such as a shell.
    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        directory: String = "/",
        input: String? = nil,
        launcher: String = TuskProcess.program
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tusk-output-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: launcher)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("PG") && !name.hasPrefix("TUSK_") && name != "DATABASE_URL"
        }
        process.environment = inherited.merging(environment) { $1 }
        // Closed here once it has them: Foundation keeps them open, and a PostgreSQL that is started with a thousand
        // open files refuses to.
        var files: [FileHandle] = []
        defer { for file in files { try? file.close() } }
        files.append(try Self.file("\(folder)/input", containing: input ?? ""))
        files.append(try Self.file("\(folder)/output", containing: nil))
        files.append(try Self.file("\(folder)/errors", containing: nil))
        (process.standardInput, process.standardOutput, process.standardError) = (files[0], files[1], files[2])
        let ending = ending
        process.terminationHandler = { process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            ending.value.withLock { $0 = status }
        }
        try process.run()
        processID = process.processIdentifier
    }

    deinit {
        if status == nil { kill(processID, SIGKILL) }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            print("cannot remove \(folder): \(error)")
        }
    }

    private static func file(_ path: String, containing text: String?) throws -> FileHandle {
        try Data((text ?? "").utf8).write(to: URL(filePath: path))
        return text == nil
            ? try FileHandle(forWritingTo: URL(filePath: path)) : try FileHandle(forReadingFrom: URL(filePath: path))
    }

    /// What it has written so far.
    var output: String { text("output") }
    var errors: String { text("errors") }
    var status: Int32? { ending.value.withLock { $0 } }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
    }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) {
        if status == nil { kill(processID, signal) }
    }

    /// Waits for its end.
    func end(within limit: Duration = .seconds(60)) async throws -> Ended {
        try await eventually(within: limit, "the end of the process; it wrote: \(output)\(errors)") { status != nil }
        return Ended(status: status ?? 0, output: output, errors: errors)
    }

    /// Waits until it has written a text to its output.
    func says(_ words: String, within limit: Duration = .seconds(60)) async throws {
        try await eventually(within: limit, "\"\(words)\"; it wrote: \(output)\(errors)") {
            output.contains(words) || errors.contains(words) || status != nil
        }
        guard output.contains(words) || errors.contains(words) else {
            throw FixtureError("it ended with \(status ?? 0): \(output)\(errors)")
        }
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        directory: String = "/",
        input: String? = nil,
        launcher: String = TuskProcess.program
    ) async throws -> Ended {
        let process = try TuskProcess(
            arguments,
            environment: environment,
            directory: directory,
            input: input,
            launcher: launcher
        )
        return try await process.end()
    }

    /// The processes whose command line contains a text, without this one.
    static func processes(with text: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard let number = Int32(name), number != getpid(),
                let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline"),
                String(decoding: line, as: UTF8.self).contains(text)
            else { return nil }
            return number
        }
    }
}

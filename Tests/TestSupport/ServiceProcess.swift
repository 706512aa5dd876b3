import Dispatch
package import Foundation
import Synchronization

/// A real process that a test starts, signals and ends; killed at the latest when nobody refers to it any more.
public final class ServiceProcess: Sendable {
    /// Says what went wrong with a process.
    public struct Failure: Error, CustomStringConvertible {
        /// The process, what it should have done, and what it wrote.
        public let description: String
    }

    private struct State {
        var status: Int32?
        var output: [UInt8] = []
    }

    /// What becomes of the process, for handlers that are there before it is: one that ends at once is noticed too.
    private final class Record: Sendable {
        let state = Mutex(State())
        let ended = DispatchSemaphore(value: 0)
        /// Everything it wrote has been read.
        let isDrained = DispatchSemaphore(value: 0)
    }

    /// Its process id.
    public let processID: Int32
    private let record = Record()

    /// Starts a program: by its path, or one that was built beside the tests, such as `tusk`. Its environment is that
    /// of the tests without settings of PostgreSQL and Tusk, and with `environment` added.
    public init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        // Through env, which becomes the program: a library preloaded by a test may change the environment of the first
        // program it is loaded into, and Swift looks for the arguments beside it.
        process.executableURL = URL(filePath: "/usr/bin/env")
        let path = program.hasPrefix("/") ? program : Self.folder.appending(path: program).path
        process.arguments = [path] + arguments
        let inherited = ProcessInfo.processInfo.environment.filter { name, _ in
            !name.hasPrefix("PG") && !name.hasPrefix("TUSK_") && name != "DATABASE_URL"
        }
        process.environment = inherited.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let record = record
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let bytes = handle.availableData
            if bytes.isEmpty {
                handle.readabilityHandler = nil
                record.isDrained.signal()
            } else {
                record.state.withLock { $0.output += bytes }
            }
        }
        process.terminationHandler = { process in
            let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
            record.state.withLock { $0.status = status }
            record.ended.signal()
        }
        try process.run()
        processID = process.processIdentifier
    }

    deinit {
        if record.state.withLock({ $0.status == nil }) {
            kill(processID, SIGKILL)
        }
    }

    /// Where the tests and the programs built with them are.
    package static var folder: URL {
        // The test bundle is a file in the products' folder; the process that runs it may be elsewhere.
        let bundle = Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
        let argument = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return (bundle ?? URL(filePath: argument)).deletingLastPathComponent()
    }

    /// What it has written so far, to both outputs.
    public var output: String {
        String(decoding: record.state.withLock { $0.output }, as: UTF8.self)
    }

    /// Its exit status; the negative number of the signal that ended it; nil while it runs.
    public var status: Int32? { record.state.withLock { $0.status } }

    /// Sends a signal, unless it has ended.
    public func send(_ signal: Int32) {
        if status == nil { kill(processID, signal) }
    }

    /// Waits until it has ended, and returns its status.
    @discardableResult
    public func waitForEnd(within limit: Duration = .seconds(30)) throws -> Int32 {
        let milliseconds = Int(limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000)
        if status == nil, record.ended.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut, status == nil {
            throw Failure(description: "process \(processID) did not end within \(limit); it wrote: \(output)")
        }
        // A child of its own may hold the pipe open for longer.
        if record.isDrained.wait(timeout: .now() + .seconds(1)) == .success { record.isDrained.signal() }
        guard let status else { throw Failure(description: "process \(processID) has no status") }
        return status
    }
}

import Foundation
import Testing

/// A program of the machine, run to its end.
struct Tool {
    let status: Int32
    /// What it wrote to standard output and standard error.
    let output: String

    /// Runs `name` from PATH; a program that is missing fails the test with a sentence.
    static func run(_ name: String, _ arguments: [String]) throws -> Tool {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        process.currentDirectoryURL = Repository.root
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus != 127, "\(name) is not on PATH; deploy/test installs it")
        return Tool(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }
}

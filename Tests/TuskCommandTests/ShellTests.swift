import Foundation
import TestSupport
import Testing

@testable import TuskCommand

/// Completion and the manual page, held to the programs that read them.
struct ShellTests {
    /// Runs a program of the machine; its status and all it wrote.
    private static func run(_ program: String, _ arguments: [String], input: String) async throws -> (Int32, String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "tusk-\(UUID().uuidString)")
        try input.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments + [file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(arguments: [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
    func `each shell reads its script`(_ shell: String, _ option: String) async throws {
        let script = try await TuskProcess.run(["completion", shell])
        #expect(script.status == 0)
        let (status, output) = try await Self.run(shell, [option], input: script.output)
        #expect(status == 0 && output == "", "\(output)")
    }

    @Test(arguments: [
        (["tusk", "jo"], ["job"]), (["tusk", "job", "ca"], ["cancel"]),
        (["tusk", "job", "add", "x", "--fair"], ["--fair-key"]),
        (["tusk", "job", "list", "-o", "jso"], ["json", "jsonl"]), (["tusk", "zzz"], []),
    ])
    func `bash completes commands, options and what they take`(_ typed: [String], _ offered: [String]) async throws {
        let script = try await TuskProcess.run(["completion", "bash"]).output
        let words = typed.map { "'\($0)'" }.joined(separator: " ")
        let call = """
            COMP_WORDS=(\(words)) COMP_CWORD=\(typed.count - 1)
            _tusk
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let (status, output) = try await Self.run("bash", [], input: script + "\n" + call)
        #expect(status == 0)
        #expect(output.split(separator: "\n").map(String.init) == offered)
    }

    @Test func `the manual page is well made and names every command`() async throws {
        let page = try await TuskProcess.run(["man"])
        #expect(page.status == 0)
        // -W error: what is only a matter of style is not looked at.
        let (status, output) = try await Self.run("mandoc", ["-T", "lint", "-W", "error"], input: page.output)
        #expect(status == 0 && output == "", "\(output)")
        for command in CommandTable.all { #expect(page.output.contains(".It Ic \(command.name)")) }
    }

    @Test func `an unknown shell is refused`() async throws {
        let ended = try await TuskProcess.run(["completion", "tcsh"])
        #expect(ended.status == 2 && ended.errors.contains("SHELL must be one of bash, zsh, fish"))
    }
}

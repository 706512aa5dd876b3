import Foundation
import TestSupport
import Testing
import TuskPostgres

/// What `tusk bench` shows while it measures, and what it takes.
struct BenchCommandTests {
    private static let words = ["bench", "enqueue", "--jobs", "1000", "--rounds", "2"]

    @Test(arguments: [[:], ["NO_COLOR": "1"]])
    func `progress is one line that is gone in the end`(_ environment: [String: String]) async throws {
        let (ended, shown) = try await Self.onTerminal(Self.words, environment)
        #expect(ended.status == 0 && ended.output.hasPrefix("enqueue\n"))
        let lines = shown.components(separatedBy: "\r\u{1B}[K")
        #expect(lines.first == "" && lines.last == "" && lines.count == 8)
        let plain = lines.map { Self.withoutColor($0) }
        #expect(plain.allSatisfy { $0.count <= 79 && !$0.contains("\n") })
        try #require(plain.count == 8)
        #expect(plain[1].hasSuffix("] 0/2 rounds   enqueue: classic"))
        #expect(plain[6].hasSuffix("] 1/2 rounds   enqueue: reference"))
        #expect((plain == lines) == (environment["NO_COLOR"] != nil))
    }

    @Test func `an error does not leave the line behind`() async throws {
        let words = Self.words + ["--database-url", "postgresql://nobody@127.0.0.1:1/none"]
        let (ended, shown) = try await Self.onTerminal(words, [:])
        #expect(ended.status == 69)
        let last = try #require(shown.components(separatedBy: "\r\u{1B}[K").last)
        #expect(last.hasPrefix("tusk: ") && !last.contains("rounds"))
    }

    @Test func `documents come without progress, and so does everything that no terminal shows`() async throws {
        let words = ["bench", "enqueue", "--jobs", "1000", "--rounds", "1"]
        let (ended, shown) = try await Self.onTerminal(words + ["-o", "json"], [:])
        #expect(ended.status == 0 && shown == "")
        let plain = try await TuskProcess.run(words, environment: Self.environment)
        #expect(plain.status == 0 && plain.errors == "")
    }

    @Test func `worker processes end with the bench, however it ends`() async throws {
        let words = ["bench", "sustained", "--seconds", "5", "--rounds", "1", "--processes", "2"]
        let name = "bench-\(UInt32.random(in: 0 ... .max))"
        let bench = try TuskProcess(words, environment: try Self.environment.merging(["PGAPPNAME": name]) { $1 })
        try await eventually(within: .seconds(60), "two worker processes; it wrote \(bench.errors)") {
            try Self.workers(of: bench).count == 2
        }
        let workers = try Self.workers(of: bench)
        // The workers are started before they have a session, and the bench itself may have none between two steps.
        var databases: [String] = []
        try await eventually(within: .seconds(60), "a session in its database; it wrote \(bench.errors)") {
            databases = try Self.databases(of: name)
            return databases.count == 1
        }
        bench.send(SIGKILL)
        try await eventually(within: .seconds(10), "their end") {
            try TuskProcess.processes(with: Self.word).allSatisfy { !workers.contains($0) }
        }
        let server = try Self.server()
        defer { server.close() }
        for database in databases { try server.script("drop database \(database) with (force)") }
    }

    @Test(arguments: [
        ["--files", "9"], ["--files", "0"], ["--limits", "5"], ["--limits", "-1"], ["--processes", "0"],
    ])
    func `what is out of range is refused by its name`(_ option: [String]) async throws {
        let ended = try await TuskProcess.run(["bench"] + option, environment: Self.environment)
        #expect(ended.status == 2 && ended.errors.contains("\(option[0]) must be"))
    }

    private static let word = "bench-worker"

    private static func server() throws -> Session {
        try Session(ConnectionSettings(conninfo: try TestServer.named().connectionString))
    }

    /// The databases that a bench with this name works in.
    private static func databases(of name: String) throws -> [String] {
        let session = try server()
        defer { session.close() }
        let text =
            "select distinct datname::text from pg_stat_activity "
            + "where application_name = $1 and datname ~ '^tusk_'"
        var parameters = Parameters()
        parameters.text(name)
        let rows = try session.run(Statement(name: "databases", text: text, isReadOnly: true), parameters)
        return (0..<rows.rowCount).map { rows.text($0, 0) }
    }

    private static func workers(of bench: TuskProcess) throws -> [Int32] {
        try TuskProcess.processes(with: word).filter { number in
            let stat = FileManager.default.contents(atPath: "/proc/\(number)/stat") ?? Data()
            // The number, the name in parentheses, the state and the parent: proc(5).
            let fields = String(decoding: stat, as: UTF8.self).split(separator: " ")
            return fields.count > 3 && fields[3] == "\(bench.processID)"
        }
    }

    /// Runs the program with a terminal as its standard error; what that was sent.
    private static func onTerminal(
        _ words: [String],
        _ more: [String: String]
    ) async throws -> (ended: TuskProcess.Ended, shown: String) {
        // Source: pts(4), ioctl_tty(2): TIOCSPTLCK unlocks the other end, TIOCGPTN tells its number.
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        defer { close(main) }
        var isLocked: Int32 = 0
        var number: Int32 = 0
        try #require(ioctl(main, 0x4004_5431, &isLocked) == 0 && ioctl(main, 0x8004_5430, &number) == 0)
        let path = "/dev/pts/\(number)"
        // Held open, so that what was written stays there to be read.
        let terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(terminal >= 0)
        defer { close(terminal) }
        let ended = try await TuskProcess.run(
            ["-c", "exec \"$0\" \"$@\" 2> \(path)", TuskProcess.program] + words,
            environment: try environment.merging(["TERM": "xterm", "NO_COLOR": ""]) { $1 }.merging(more) { $1 },
            launcher: "/bin/sh"
        )
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(main, &bytes, bytes.count)
        return (ended, String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
    }

    private static var environment: [String: String] {
        get throws { ["TUSK_DATABASE_URL": try TestServer.named().connectionString.textWithPassword] }
    }

    private static func withoutColor(_ line: String) -> String {
        line.replacing("\u{1B}[32m", with: "").replacing("\u{1B}[0m", with: "")
    }
}

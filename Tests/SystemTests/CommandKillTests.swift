import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// A worker killed while a command of it runs.
@Suite struct CommandKillTests {
    /// The first run has a child and a grandchild in a session of its own, which do not listen to SIGTERM, and does not
    /// end; the second completes the job. No sleep is for ever, should anything be left.
    private static let script = """
        echo "$TUSK_LEASE" >> "$FOLDER/leases"
        if [ "$(wc -l < "$FOLDER/leases")" -gt 1 ]; then echo '{"result": "second"}'; exit 0; fi
        trap '' TERM
        setsid bash -c "trap '' TERM; sleep 120; :" &
        sleep 120 &
        echo up
        wait
        """

    @Test func `nothing of a command outlives a killed worker, and another one runs its job again`() async throws {
        try await withDatabase(.migrated) { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "tusk-orphans-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
            let session = try database.storeSession()
            defer { session.close() }
            let id = try #require(try session.enqueue([try .test("work")]).first?.id)
            let victim = try Self.start("worker", database, folder)
            let log = "select count(*) from tusk.job_log where message = 'up'"
            try await eventually(within: .seconds(30), "a command") { try database.number(log) == 1 }
            let first = try #require(try session.job(id)?.lease)
            let supervisors = Self.children(of: victim.processID)
            #expect(Self.processes(of: folder).count >= 4)
            #expect(!supervisors.isEmpty)
            victim.send(SIGKILL)
            try victim.waitForEnd()
            try await eventually(within: .seconds(5), "no process of the command") {
                Self.processes(of: folder) == [] && supervisors.allSatisfy(Self.isGone)
            }
            // Until now nobody could have run it again: what was left would have met it.
            #expect(try Self.leases(folder) == [first.rawValue])
            let heirs = try ["worker", "scheduler"].map { try Self.start($0, database, folder) }
            try await eventually(within: .seconds(30), "the end") { try session.job(id)?.state.isFinal == true }
            let job = try #require(try session.job(id))
            #expect(job.state == .completed && job.result?.text == #""second""#, "\(job.error ?? "")")
            #expect(job.attempt == 1)
            #expect(try session.attempts(of: id).map(\.ended) == ["lost"])
            #expect(try #require(job.lease) > first)
            #expect(try Self.leases(folder) == [first.rawValue, try #require(job.lease).rawValue])
            for process in heirs {
                process.send(SIGTERM)
                #expect(try process.waitForEnd() == 0, "\(process.output)")
            }
        }
    }

    /// Starts a role of `tusk` that knows the command.
    private static func start(_ role: String, _ database: TestDatabase, _ folder: URL) throws -> ServiceProcess {
        let file = folder.appending(path: "tusk.toml")
        let text = """
            [commands.work]
            command = ["/bin/bash", "\(folder.path)/script"]
            environment = ["FOLDER=\(folder.path)"]
            """
        try Data(text.utf8).write(to: file)
        try Data(script.utf8).write(to: folder.appending(path: "script"))
        return try ServiceProcess(
            "tusk",
            [role, "--config", file.path] + (role == "worker" ? ["--lease-time", "1s"] : []),
            environment: ["DATABASE_URL": database.connectionString.textWithPassword]
        )
    }

    /// The leases of the runs, in their order.
    private static func leases(_ folder: URL) throws -> [Int64] {
        let text = try String(contentsOf: folder.appending(path: "leases"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { Int64($0) }
    }

    /// The processes of the command, told by what all of them inherit.
    private static func processes(of folder: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).contains("FOLDER=\(folder.path)\0")
        }
    }

    private static func children(of process: Int32) -> [String] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        return threads.flatMap { thread in
            let bytes = FileManager.default.contents(atPath: "/proc/\(process)/task/\(thread)/children") ?? Data()
            return String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
        }
    }

    /// Whether a process has ended; one that nobody waits for has no command line any more.
    private static func isGone(_ process: String) -> Bool {
        FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.isEmpty ?? true
    }
}

import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// A worker killed between the steps of a job.
@Suite struct StepKillTests {
    @Test func `after a kill the steps that were done are not done again, and give back what they gave`() async throws {
        try await withDatabase(.migrated) { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "tusk-steps-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
            let notes = folder.appending(path: "notes.log")
            let gate = folder.appending(path: "gate")
            let url = database.connectionString.textWithPassword
            let arguments = [url, notes.path, "1000", "2", "1000"]
            let session = try database.storeSession()
            defer { session.close() }
            let job = try NewJob.test("stepped", args: #"{"gate":"\#(gate.path)"}"#)
            let id = try #require(try session.enqueue([job]).first?.id)
            let victim = try ServiceProcess("HistoryWorker", arguments)
            let scheduler = try ServiceProcess("tusk", ["scheduler"], environment: ["DATABASE_URL": url])
            try await eventually(within: .seconds(30), "the last step") { try Self.names(notes).last == "three" }
            #expect(try session.steps(of: id).map(\.name) == ["one", "two"])
            victim.send(SIGKILL)
            try victim.waitForEnd()
            try Data().write(to: gate)
            let heir = try ServiceProcess("HistoryWorker", arguments)
            try await eventually(within: .seconds(60), "the end") { try session.job(id)?.state == .completed }
            for process in [heir, scheduler] {
                process.send(SIGTERM)
                #expect(try process.waitForEnd() == 0, "\(process.output)")
            }
            #expect(try Self.names(notes) == ["one", "two", "three", "three"])
            let steps = try session.steps(of: id)
            #expect(steps.map(\.name) == ["one", "two", "three"])
            #expect(steps[0].lease == steps[1].lease && steps[1].lease < steps[2].lease)
            let leases = steps.map { "\($0.lease)" }.joined(separator: ",")
            #expect(try session.job(id)?.result?.text == "[\(leases)]")
        }
    }

    /// What the workers wrote down, in order; nothing before they began.
    private static func names(_ file: URL) throws -> [String] {
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
    }
}

import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskCommand

/// `tusk job tail`, as a process.
struct JobTailTests {
    @Test func `a job is followed to its end, in words and as lines of JSON`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            let session = try database.storeSession()
            defer { session.close() }
            let worker = WorkerID.random()
            try session.register(
                WorkerRecord(
                    id: worker,
                    processID: 1,
                    host: "host",
                    version: "test",
                    slots: 4,
                    leaseTime: .seconds(60),
                    queues: [.standard],
                    kinds: ["noop"]
                )
            )
            let id = try #require(try session.enqueue([.test("noop")]).first?.id)
            let tail = try TuskProcess(["job", "tail", id.description], environment: environment)
            let request = ClaimRequest(
                worker: worker,
                lanes: [Lane(queue: .standard, priority: .standard, cursor: 0)],
                kinds: ["noop"],
                kindsLeasedApart: [],
                jobsMax: 1,
                argsBytesMax: 1 << 20
            )
            let job = try #require(try session.claim(request).jobs.first)
            let line = JobLogLine(id: id, lease: job.lease, line: 1, level: 6, message: "hello\u{1B}[31m")
            try session.write([line], worker: worker)
            let report = ProgressReport(id: id, lease: job.lease, fraction: 0.25, message: "a quarter")
            try session.write([report], worker: worker)
            let entry = SettleEntry(job, .discard, startedAgo: .zero, error: "no use")
            _ = try session.settle([entry], worker: worker)
            let ended = try await tail.end()
            #expect(ended.status == 6, "\(ended.errors)")
            let lines = ended.output.split(separator: "\n").map(String.init)
            #expect(lines.contains { $0.contains("  info  hello") })
            #expect(!ended.output.contains("\u{1B}"))
            #expect(lines.contains("progress  25% a quarter"))
            #expect(lines.last == "state  discarded, attempt 1 of 20: no use")
            let again = try await TuskProcess.run(
                ["job", "tail", id.description, "-o", "jsonl"],
                environment: environment
            )
            let events = again.output.split(separator: "\n")
            let names = events.map { String($0.prefix(16)) }
            #expect(names == [#"{"event":"progre"#, #"{"event":"log",""#, #"{"event":"state""#])
            let missing = try await TuskProcess.run(["job", "tail", "999424"], environment: environment)
            #expect(missing.status == 3)
        }
    }
}

import TestSupport
import Testing
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskTasks

@Suite struct DataImportTests {
    private func job(_ file: String, _ more: String = "") throws -> NewJob {
        try NewJob.test("data.import", args: #"{"file": "\#(file)", "table": "t"\#(more)}"#, maxAttempts: 1)
    }

    @Test func `a worker imports a file, and the result says how much it was`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (id integer)")
            let name = try fixture.write("id\n1\nx\n3\n")
            let record = try await fixture.run(try job(name))
            #expect(record.state == .completed)
            let result = try #require(record.result)
            // As sha256sum has it.
            let digest = "ddc7442d539051343b30789d75061d0d0295286f74290de24143d9e4b948c40c"
            #expect(result.text == #"{"rows":2,"rejected":1,"bytes":9,"sha256":"\#(digest)"}"#)
            #expect(try fixture.count() == 2)
            let rejects = "select count(*) from public.t_rejects where job_id = \(record.id.rawValue)"
            #expect(try fixture.database.number(rejects) == 1)
        }
    }

    @Test(arguments: [
        ("/etc/passwd", "", "the file lies outside the folders that imports may read"),
        ("data.csv", #", "reject_table": "tusk.job""#, "reject_table must be the name of another table"),
        ("data.csv", #", "rejects_max": 0"#, "more than 0 rows cannot be loaded"),
        ("data.csv", #", "delimeter": ";""#, "there is no such field"),
        ("data.csv", #", "mode": "merge""#, "mode"),
    ])
    func `what can never succeed is discarded with the reason`(file: String, more: String, reason: String) async throws
    {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (id integer)")
            _ = try fixture.write("id\nx\n")
            let record = try await fixture.run(try job(file, more))
            #expect(record.state == .discarded)
            #expect(record.error?.contains(reason) == true, "\(record.error ?? "") \(record.reason ?? "")")
            #expect(try fixture.count() == 0)
        }
    }

    /// A job as a worker has claimed it.
    private func claim(_ session: StoreSession) throws -> (worker: WorkerID, job: ClaimedJob) {
        let kinds = [DataImport.kind]
        _ = try session.enqueue([job("data.csv")])
        let record = WorkerRecord(
            id: .random(),
            processID: 1,
            host: "test",
            version: "test",
            slots: 1,
            leaseTime: .milliseconds(300),
            queues: [.standard],
            kinds: kinds
        )
        try session.register(record)
        let lane = Lane(queue: .standard, priority: .standard, cursor: 0)
        let request = ClaimRequest(worker: record.id, lanes: [lane], kinds: kinds, kindsLeasedApart: kinds, jobsMax: 1)
        return (record.id, try #require(try session.claim(request).jobs.first))
    }

    private func load(_ job: ClaimedJob, _ fixture: ImportFixture) throws {
        let (id, lease) = (job.id, job.lease)
        let args = ImportArgs(file: try fixture.write("id\n1\n2\n"), table: "t")
        try fixture.load(
            args,
            complete: { session, result throws(PostgresError) in
                try JobSQL.complete(id, lease, result, on: session)
            }
        )
    }

    @Test func `a worker that dies after the commit does not bring the rows in again`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (id integer)")
            let session = try fixture.database.storeSession()
            defer { session.close() }
            let (worker, job) = try claim(session)
            try load(job, fixture)
            #expect(try session.job(job.id)?.state == .completed)
            try await eventually { try session.rescue().workers == 1 }
            #expect(try session.job(job.id)?.state == .completed)
            // And one that lives settles what is settled.
            let late = try session.settle([SettleEntry(job, .complete, startedAgo: .zero)], worker: worker)
            #expect(late == [.acceptedBefore])
            #expect(try fixture.count() == 2)
        }
    }

    @Test func `a worker that has lost the job brings nothing in`() async throws {
        try await withImports(.migrated) { fixture in
            try fixture.database.script("create table public.t (id integer)")
            let session = try fixture.database.storeSession()
            defer { session.close() }
            let (_, job) = try claim(session)
            try await eventually { try session.rescue().workers == 1 }
            let failure = #expect(throws: TaskFailure.self) { try load(job, fixture) }
            guard case .database(.server(let error)) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            #expect(error.sqlState == "TK001")
            #expect(try fixture.count() == 0)
            #expect(try session.job(job.id)?.state == .available)
        }
    }
}

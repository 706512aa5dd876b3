import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

@testable import TuskTasks

/// A worker with kinds of the configuration, on a database of its own.
struct WorkerBench: Sendable {
    let database: TestDatabase
    let worker: Worker
    /// What the processes of its commands are known by.
    var mark = ""

    @discardableResult
    func enqueue(_ kind: String = "work", _ args: String = "{}", timeout: Duration? = nil) throws -> JobID {
        guard let kind = Kind(kind) else { throw FixtureError(kind) }
        let job = try NewJob(
            kind: kind,
            args: try JSONText(validating: Array(args.utf8)),
            retry: .fixed(delay: .zero),
            timeout: timeout
        )
        return try enqueue(job)
    }

    func enqueue(_ job: NewJob) throws -> JobID {
        let session = try database.storeSession()
        defer { session.close() }
        return try #require(try session.enqueue([job]).first?.id)
    }

    func job(_ id: JobID) throws -> JobRecord? {
        let session = try database.storeSession()
        defer { session.close() }
        return try session.job(id)
    }

    /// How a job or its first attempt ended.
    struct Ended: Sendable {
        let state: JobState
        let error: String?
        let job: JobRecord
    }

    /// Waits until the job is over, or an attempt of it has failed.
    func ended(_ id: JobID, within limit: Duration = .seconds(20)) async throws -> Ended {
        let session = try database.storeSession()
        defer { session.close() }
        try await eventually(within: limit, "job \(id) ended") {
            try session.job(id)?.state.isFinal == true || !session.attempts(of: id).isEmpty
        }
        let attempts = try session.attempts(of: id)
        let job = try #require(try session.job(id))
        return Ended(state: job.state, error: attempts.first?.error ?? job.error, job: job)
    }

    /// Makes due jobs available, as a scheduler does, until the job is over.
    func over(_ id: JobID) async throws -> JobRecord {
        let session = try database.storeSession()
        defer { session.close() }
        try await eventually(within: .seconds(20), "job \(id) is over") {
            if try session.promote().jobs > 0 { try session.signal([.standard]) }
            return try session.job(id)?.state.isFinal == true
        }
        return try #require(try session.job(id))
    }

    /// The attempts that did not end a job, the first first.
    func attempts(_ id: JobID) throws -> [AttemptRecord] {
        let session = try database.storeSession()
        defer { session.close() }
        return try session.attempts(of: id)
    }

    func lines(_ id: JobID) throws -> [String] {
        try database.texts("select message from tusk.job_log where id = \(id.rawValue) order by lease, line")
    }
}

/// Runs `body` beside a worker that is configured by `configure`.
func withWorker(
    _ adjustWorker: (inout WorkerConfiguration) -> Void = { _ in },
    configure: @escaping @Sendable (inout BuiltInTasks.Configuration) -> Void,
    _ body: @escaping @Sendable (WorkerBench) async throws -> Void
) async throws {
    var workerConfiguration = WorkerConfiguration()
    adjustWorker(&workerConfiguration)
    try await withDatabase(.migrated) { [workerConfiguration] database in
        let worker = try Worker(workerConfiguration, store: database.store())
        var configuration = BuiltInTasks.Configuration(settings: database.settings)
        configure(&configuration)
        BuiltInTasks.register(on: worker, configuration)
        worker.start()
        do {
            try await body(WorkerBench(database: database, worker: worker))
        } catch {
            await worker.stop()
            throw error
        }
        await worker.stop()
    }
}

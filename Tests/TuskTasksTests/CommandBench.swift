import Foundation
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

@testable import TuskTasks

/// A worker with commands, on a database of its own, and a mark by which their processes are known.
struct CommandBench: Sendable {
    let database: TestDatabase
    let worker: Worker
    let mark: String

    @discardableResult
    func enqueue(_ kind: String = "work", _ args: String = "{}", timeout: Duration? = nil) throws -> JobID {
        let session = try database.storeSession()
        defer { session.close() }
        guard let kind = Kind(kind) else { throw FixtureError(kind) }
        let job = try NewJob(
            kind: kind,
            args: try JSONText(validating: Array(args.utf8)),
            retry: .fixed(delay: .zero),
            timeout: timeout
        )
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

    func lines(_ id: JobID) throws -> [String] {
        try database.texts("select message from tusk.job_log where id = \(id.rawValue) order by lease, line")
    }

    /// The processes of the commands, told by what all of them inherit.
    var processes: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).contains("MARK=\(mark)\0")
        }
    }
}

/// Runs `body` beside a worker whose kinds are commands, by name: what a shell is told. `adjust` changes each of them.
func withCommands(
    _ scripts: [String: String],
    worker adjustWorker: (inout WorkerConfiguration) -> Void = { _ in },
    adjust: @Sendable (inout CommandSpec) -> Void = { _ in },
    _ body: @escaping @Sendable (CommandBench) async throws -> Void
) async throws {
    var workerConfiguration = WorkerConfiguration()
    adjustWorker(&workerConfiguration)
    let mark = UUID().uuidString
    let specs = try scripts.map { name, script in
        guard let kind = Kind(name) else { throw FixtureError(name) }
        var spec = CommandSpec(kind: kind, arguments: ["/bin/bash", "-c", script])
        spec.variables = ["MARK": mark]
        adjust(&spec)
        return spec
    }
    try await withDatabase(.migrated) { [workerConfiguration] database in
        let worker = try Worker(workerConfiguration, store: database.store())
        var configuration = BuiltInTasks.Configuration(settings: database.settings)
        configuration.commands = specs
        configuration.supervisor = [
            ServiceProcess.folder.appending(path: "tusk").path, CommandSupervisor.word,
        ]
        BuiltInTasks.register(on: worker, configuration)
        worker.start()
        do {
            try await body(CommandBench(database: database, worker: worker, mark: mark))
        } catch {
            await worker.stop()
            throw error
        }
        await worker.stop()
    }
}

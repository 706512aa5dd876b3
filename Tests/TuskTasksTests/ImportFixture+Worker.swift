import Foundation
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

@testable import TuskTasks

extension ImportFixture {
    /// Runs a job of a kind by a worker until it has ended.
    func run(_ kind: String, _ args: String, offering queries: [String: String] = [:]) async throws -> JobRecord {
        try await run(try .test(kind, args: args, maxAttempts: 1), offering: queries)
    }

    /// Runs a job by a worker with the data tasks until it has ended.
    func run(
        _ job: NewJob,
        offering queries: [String: String] = [:],
        allowsRequests: Bool = true
    ) async throws -> JobRecord {
        let session = try database.storeSession()
        defer { session.close() }
        let id = try #require(try session.enqueue([job]).first?.id)
        let worker = try Worker(WorkerConfiguration(), store: database.store())
        var configuration = BuiltInTasks.Configuration(settings: database.settings)
        configuration.importRoots = [folder]
        configuration.outputRoots = [folder]
        configuration.tables = try AllowedTables(["public.*"])
        configuration.queries = try queries.mapValues { try NamedQuery($0) }
        configuration.functions = ["public.work", "public.odd"]
        configuration.allowsRequests = allowsRequests
        configuration.networks = [try #require(Network("127.0.0.0/8"))]
        configuration.signingKey = WebhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        BuiltInTasks.register(on: worker, configuration)
        worker.start()
        try await eventually(within: .seconds(30)) {
            // There is no scheduler, and a job may be waiting for its next attempt.
            _ = try session.promote()
            return try session.job(id)?.state.isFinal == true
        }
        await worker.stop()
        return try #require(try session.job(id))
    }

    /// The bytes of a file.
    func read(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    }

    /// The names of all files in the folder.
    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }
}

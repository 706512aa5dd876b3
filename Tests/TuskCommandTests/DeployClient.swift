import Foundation
import TestSupport

/// A client of an API that may do everything, over curl: it takes certificates and proxies as others do.
struct DeployClient: Sendable {
    let base: String
    let token: String
    private let options: [String]

    /// A client of the API at `base`, with a key that it makes in the database of `environment`.
    init(_ base: String, environment: [String: String]) async throws {
        let line = ["key", "create", "--name", "all", "--scope", "admin", "-q"]
        let ended = try await TuskProcess.run(line, environment: environment)
        guard ended.status == 0 else { throw FixtureError("a key: \(ended.errors)") }
        token = ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
        self.base = base
        options = []
    }

    /// The same at another address, with further options of curl.
    init(_ client: DeployClient, at base: String, _ options: [String]) {
        self.base = base
        token = client.token
        self.options = options
    }

    func get(_ path: String) async throws -> String { try await ask(path, []) }

    func post(_ path: String, _ body: String) async throws -> String {
        try await ask(path, ["--header", "Content-Type: application/json", "--data", body])
    }

    /// A request under way.
    func start(_ path: String, _ more: [String]) throws -> TuskProcess {
        let fixed = ["--silent", "--show-error", "--max-time", "20", "--header", "Authorization: Bearer \(token)"]
        return try TuskProcess(fixed + options + more + [base + path], launcher: "/usr/bin/curl")
    }

    /// What curl writes.
    func ask(_ path: String, _ more: [String]) async throws -> String {
        let ended = try await start(path, more).end(within: .seconds(30))
        guard ended.status == 0 else { throw FixtureError("curl \(base + path): \(ended.errors)") }
        return ended.output
    }
}

import TestSupport
import TuskCore
import TuskHTTP
import TuskTelemetry

@testable import TuskAPI
@testable import TuskStore

/// What a client got for a claim.
struct TestClaim: Sendable {
    let lease: String
    let jobs: [JSONValue]

    var ids: [String] { jobs.compactMap { $0.member("id")?.string } }
}

extension APIFixture {
    /// Claims, and fails unless there are jobs.
    func claimed(_ body: String = #"{"kinds":["noop"],"max_jobs":100}"#, token: String?? = nil) throws -> TestClaim {
        let answer = try ask("POST", "/v1/claims", body, token: token)
        guard answer.status == 200, let lease = try answer.string("lease"), let jobs = try answer.json.member("jobs")
        else { throw FixtureError("\(answer.status) \(answer.text)") }
        return TestClaim(lease: lease, jobs: Array(jobs.elements))
    }

    /// Settles jobs of a lease with outcomes that are JSON without the id.
    func settle(_ lease: String, _ outcomes: [(String, String)], token: String?? = nil) throws -> TestAnswer {
        let items = outcomes.map { #"{"id":"\#($0)",\#($1)}"# }.joined(separator: ",")
        return try ask("POST", "/v1/claims/\(lease):settle", #"{"outcomes":[\#(items)]}"#, token: token)
    }

    /// The states in the answer to a settlement; `lost` where it has a problem.
    func states(_ answer: TestAnswer) throws -> [String] {
        guard answer.status == 200 else { throw FixtureError("\(answer.status) \(answer.text)") }
        return try (answer.json.member("jobs")?.elements.map { $0.member("state")?.string ?? "lost" }) ?? []
    }

    /// The value of a column of the view of jobs.
    func read(_ column: String, of job: String) throws -> String? {
        try database.texts("select coalesce(\(column)::text, '') from tusk.jobs where id = \(job)").first
    }

    /// What the scheduler does for claims of which nobody was heard: the time is moved, and it looks once.
    func rescue() throws {
        try database.script("update tusk.worker set heartbeat_at = now() - interval '2 hours', lease_ms = 1000")
        let session = try database.storeSession()
        defer { session.close() }
        _ = try session.rescue()
    }
}

/// Runs a test against a second API process's worth of API on the same database.
func withSecondAPI(_ first: APIFixture, _ body: (String) throws -> Void) throws {
    let store = Store(first.database.settings, sessionsMax: 4)
    defer { store.close() }
    let registry = MetricsRegistry()
    let api = API(store: store, registry: registry, logger: LogRecorder().logger())
    let server = api.server(HTTPServerConfiguration(address: "127.0.0.1:0"))
    api.start()
    defer { api.stop() }
    let address = try server.start()
    defer { server.stop() }
    try body(address)
}

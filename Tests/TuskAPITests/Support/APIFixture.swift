import Synchronization
import TestSupport
import TuskCore
import TuskHTTP
import TuskPostgres
import TuskTelemetry

@testable import TuskAPI
@testable import TuskStore

/// An API with its server on loopback and a database of its own.
struct APIFixture: Sendable {
    let database: TestDatabase
    let api: API
    let server: HTTPServer
    let address: String
    let registry: MetricsRegistry
    let log: LogRecorder
    let signals: SignalRecorder
    let proxy: FaultProxy?
    /// A token that may do everything.
    let token: APIToken

    /// Asks on a connection of its own, with the token that may do everything unless `token` is another one.
    func ask(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: [(String, String)] = [],
        token: String?? = nil
    ) throws -> TestAnswer {
        try TestClient(address).ask(request(method, path, body, headers: headers, token: token))
    }

    /// The request that `ask` sends; a body is JSON unless the headers say otherwise.
    func request(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: [(String, String)] = [],
        token: String?? = nil
    ) -> TestRequest {
        var headers = headers
        let isTyped = headers.contains { $0.0.lowercased() == "content-type" }
        if body != nil, !isTyped { headers.append(("Content-Type", "application/json")) }
        if let token = token ?? self.token.text { headers.append(("Authorization", "Bearer \(token)")) }
        return TestRequest(method: method, path: path, headers: headers, body: body.map { Array($0.utf8) })
    }

    /// How many jobs there are.
    func jobCount() throws -> Int64 {
        try database.number("select count(*) from tusk.job")
    }

    /// A new key with these scopes.
    func key(_ scopes: Set<Scope>, expiresAt: Timestamp? = nil, rate: RateLimit? = nil) throws -> APIToken {
        try Self.key(database, scopes, expiresAt: expiresAt, rate: rate)
    }

    static func key(
        _ database: TestDatabase,
        _ scopes: Set<Scope>,
        expiresAt: Timestamp? = nil,
        rate: RateLimit? = nil
    ) throws -> APIToken {
        let token = APIToken.random()
        let session = try database.storeSession()
        defer { session.close() }
        try session.write(
            key: token.keyID,
            name: "test",
            scopes: scopes,
            tokenHash: token.hash,
            expiresAt: expiresAt,
            rate: rate,
            by: "test"
        )
        return token
    }

    /// Enqueues a job and returns its id.
    func enqueue(_ body: String = #"{"kind":"noop"}"#) throws -> String {
        let answer = try ask("POST", "/v1/jobs", body)
        guard answer.status == 201, let id = try answer.string("id") else { throw FixtureError(answer.text) }
        return id
    }

    /// Does `body` with a worker's session.
    func working<Answer>(_ body: (StoreSession, WorkerID) throws -> Answer) throws -> Answer {
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
                leaseTime: .seconds(15),
                queues: [.standard],
                kinds: [try known(Kind("noop"))]
            )
        )
        return try body(session, worker)
    }

    /// Claims all jobs of the kind `noop`.
    func claim(_ session: StoreSession, _ worker: WorkerID) throws -> [ClaimedJob] {
        let request = ClaimRequest(
            worker: worker,
            lanes: Priority.all.map { Lane(queue: .standard, priority: $0, cursor: 0) },
            kinds: [try known(Kind("noop"))],
            kindsLeasedApart: [],
            jobsMax: 100,
            argsBytesMax: 1 << 30
        )
        return try session.claim(request).jobs
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw FixtureError("a name") }
        return value
    }
}

/// The queues that the API said have new jobs.
final class SignalRecorder: Sendable {
    private let queues = Mutex<[Set<QueueName>]>([])

    func note(_ queues: Set<QueueName>) { self.queues.withLock { $0.append(queues) } }

    var all: [Set<QueueName>] { queues.withLock { $0 } }
}

/// The lines that were logged.
final class LogRecorder: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func logger() -> Logger {
        let output = LogOutput { [self] line in
            bytes.withLock { $0 += line }
            return .written
        }
        return Logger(output, format: .logfmt, threshold: .debug)
    }

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
}

/// Runs a test against an API of its own. `isProxied` puts a fault proxy between it and the database; the test's own
/// sessions go past it.
func withAPI(
    _ template: DatabaseTemplate = .migrated,
    isProxied: Bool = false,
    host: String = "127.0.0.1",
    limits: HTTPLimits = HTTPLimits(),
    configure: @Sendable (inout APIConfiguration) -> Void = { _ in },
    _ body: @Sendable (APIFixture) async throws -> Void
) async throws {
    try await withDatabase(template) { database in
        let proxy = isProxied ? try FaultProxy(to: database.connectionString) : nil
        var settings = database.settings
        if let proxy { settings.conninfo = proxy.connectionString(settings.conninfo) }
        // Short only where a fault is to be noticed: on a busy machine a sound answer may take seconds.
        settings.callTimeout = isProxied ? .seconds(2) : .seconds(30)
        settings.connectTimeout = settings.callTimeout
        let store = Store(settings, sessionsMax: 4)
        defer { store.close() }
        var configuration = APIConfiguration()
        configure(&configuration)
        let (registry, log, signals) = (MetricsRegistry(), LogRecorder(), SignalRecorder())
        let api = API(
            store: store,
            configuration: configuration,
            registry: registry,
            logger: log.logger(),
            wake: { signals.note($0) }
        )
        let server = api.server(HTTPServerConfiguration(address: "\(host):0", limits: limits))
        api.start()
        defer { api.stop() }
        let address = try server.start()
        defer { server.stop() }
        let isMigrated = try database.number("select count(*) from pg_namespace where nspname = 'tusk'") == 1
        let token = isMigrated ? try APIFixture.key(database, [.admin]) : APIToken.random()
        let fixture = APIFixture(
            database: database,
            api: api,
            server: server,
            address: address,
            registry: registry,
            log: log,
            signals: signals,
            proxy: proxy,
            token: token
        )
        try await body(fixture)
    }
}

extension ServerHealth {
    /// What a server would say.
    static func test(isStandby: Bool) -> ServerHealth {
        ServerHealth(isStandby: isStandby, isDurable: true, version: 150_004, moment: Timestamp(microseconds: 0))
    }
}

extension APIToken {
    /// A token for a key, with another secret and a check that is right.
    static func forged(keyID: String) -> APIToken? {
        let parts = random().text.split(separator: "_")
        let body = "tusk_\(keyID)_\(parts[2])"
        let sum = CRC32.sum(body.utf8)
        let check = Base62.text((0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }, count: checkCount)
        return APIToken(Array((body + "_").utf8) + check)
    }
}

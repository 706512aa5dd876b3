import Dispatch
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskAPI

struct WaitingClaimsTests {
    private static let waiting = #"{"kinds":["noop"],"wait_seconds":30}"#

    /// A connection whose claim waits.
    private static func wait(_ api: APIFixture, _ body: String = waiting) async throws -> TestClient {
        let before = try waiting(api)
        let client = try TestClient(api.address)
        try client.send(api.request("POST", "/v1/claims", body).bytes)
        try await eventually(within: .seconds(20), "the claim waits") { try Self.waiting(api) == before + 1 }
        return client
    }

    /// The last lease that was granted.
    private static let leases = "coalesce((select last_value from tusk.lease_number where is_called), 0)"

    private static func firstJob(_ answer: TestAnswer) throws -> String? {
        try answer.json.member("jobs")?.elements.first { _ in true }?.member("id")?.string
    }

    private static func waiting(_ api: APIFixture) throws -> Int {
        let lines = try api.ask("GET", "/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix("tusk_http_claims_waiting ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    }

    @Test func `a claim without jobs is answered at once, or when its wait is over`() async throws {
        try await withAPI { api in
            #expect(try api.ask("POST", "/v1/claims", #"{"kinds":["noop"]}"#).text == #"{"jobs":[]}"#)
            let start = ContinuousClock.now
            let answer = try api.ask("POST", "/v1/claims", #"{"kinds":["noop"],"wait_seconds":1.2}"#)
            #expect(answer.status == 200 && answer.text == #"{"jobs":[]}"#)
            #expect(start.duration(to: .now) >= .milliseconds(1200))
            #expect(try api.database.number("select count(*) from tusk.worker") == 0)
        }
    }

    @Test func `an enqueue here and a signal from another process end the wait`() async throws {
        try await withAPI(configure: { $0.claimPollInterval = .seconds(60) }) { api in
            let client = try await Self.wait(api)
            let id = try api.enqueue()
            #expect(try Self.firstJob(client.answer()) == id)
            let other = try await Self.wait(api)
            // Heard once it listens, which it began to do with the first claim.
            try await eventually(within: .seconds(20), "the signal is heard") {
                try api.database.script("select tusk.enqueue('noop')")
                let session = try api.database.storeSession()
                defer { session.close() }
                try session.signal(["default"])
                return try Self.waiting(api) == 0
            }
            #expect(try other.answer().string("lease") != nil)
        }
    }

    @Test func `jobs that nobody signals are found by polling`() async throws {
        try await withAPI { api in
            let client = try await Self.wait(api)
            try api.database.script("select tusk.enqueue('noop')")
            let start = ContinuousClock.now
            #expect(try client.answer().string("lease") != nil)
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test func `nothing is claimed for a client that left before anybody looked after it`() async throws {
        try await withAPI(configure: { $0.claimPollInterval = .seconds(60) }) { api in
            var client: TestClient? = try await Self.wait(api)
            #expect(client != nil)
            let looked =
                "select count(*) from pg_stat_activity where datname = current_database() and state = 'idle'"
                + " and query like '%a claim would find jobs%' and clock_timestamp() > state_change + '0.2 s'"
            try await eventually(within: .seconds(20), "its first attempt is over") {
                try api.database.number(looked) == 1
            }
            client = nil
            for _ in 0..<3 { _ = try api.ask("GET", "/livez") }
            let id = try api.enqueue()
            try await eventually(within: .seconds(20), "the wait ends") { try Self.waiting(api) == 0 }
            #expect(try api.database.number(Self.leases) == 0)
            #expect(try api.read("state", of: id) == "available")
        }
    }

    @Test func `a client that leaves while its claim is made loses nothing`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            var client: TestClient? = try TestClient(api.address)
            let holder = try api.database.session()
            defer { holder.close() }
            try holder.script("begin; lock table tusk.ready in access exclusive mode")
            try client?.send(api.request("POST", "/v1/claims", Self.waiting).bytes)
            let blocked =
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and "
                + "datname = current_database()"
            try await eventually(within: .seconds(20), "the claim is under way") {
                try api.database.number(blocked) == 1
            }
            client = nil
            // The server's one thread has seen that by the time it has answered others.
            for _ in 0..<3 { _ = try api.ask("GET", "/livez") }
            try holder.script("commit")
            try await eventually(within: .seconds(20), "the job is back") {
                try api.database.number(Self.leases) == 1
                    && api.database.number("select count(*) from tusk.worker") == 0
            }
            let waits = "select state::text || attempt from tusk.jobs where id = \(id)"
            #expect(try api.database.texts(waits) == ["available0"])
            #expect(try api.database.number("select sum(interruptions) from tusk.ready") == 0)
        }
    }

    @Test func `the first that waits is the first that gets a job, and only those that want it wake`() async throws {
        try await withAPI { api in
            let other = try await Self.wait(api, #"{"kinds":["other"],"wait_seconds":2}"#)
            let clients = [try await Self.wait(api), try await Self.wait(api), try await Self.wait(api)]
            for client in clients {
                let id = try api.enqueue()
                let answer = try client.answer()
                #expect(try Self.firstJob(answer) == id)
            }
            #expect(try other.answer().text == #"{"jobs":[]}"#)
        }
    }

    @Test func `a client that left while it waited gets no job`() async throws {
        try await withAPI { api in
            var client: TestClient? = try await Self.wait(api)
            #expect(client != nil)
            client = nil
            try await eventually(within: .seconds(20), "the wait ends") { try Self.waiting(api) == 0 }
            let id = try api.enqueue()
            #expect(try api.claimed().ids == [id])
            #expect(try api.read("attempt", of: id) == "1")
        }
    }

    @Test func `a key that is revoked while its claim waits gets no job`() async throws {
        try await withAPI(configure: { $0.keyCacheTime = .milliseconds(100) }) { api in
            let key = try api.key([.work])
            let client = try TestClient(api.address)
            try client.send(api.request("POST", "/v1/claims", Self.waiting, token: key.text).bytes)
            try await eventually(within: .seconds(20), "the claim waits") { try Self.waiting(api) == 1 }
            let session = try api.database.storeSession()
            defer { session.close() }
            #expect(try session.revoke(key: key.keyID, by: "test"))
            let revokedAt = ContinuousClock.now
            try await eventually("the key is forgotten") { revokedAt.duration(to: .now) > .milliseconds(150) }
            let id = try api.enqueue()
            #expect(try client.answer().status == 401)
            #expect(try api.read("state", of: id) == "available")
        }
    }

    @Test func `more claims than may wait are refused`() async throws {
        try await withAPI(configure: { $0.waitingClaimsMax = 2 }) { api in
            let clients = [try await Self.wait(api), try await Self.wait(api)]
            let refused = try api.ask("POST", "/v1/claims", Self.waiting)
            #expect(refused.status == 503 && refused["retry-after"] == "1")
            #expect(try refused.problem == "overloaded")
            _ = try api.enqueue()
            #expect(try clients[0].answer().status == 200)
            _ = try await Self.wait(api)
        }
    }

    @Test func `a drain answers those that wait, refuses others, and lets them settle`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            let claim = try api.claimed()
            let client = try await Self.wait(api)
            api.api.drain()
            #expect(try client.answer().text == #"{"jobs":[]}"#)
            let refused = try api.ask("POST", "/v1/claims", Self.waiting)
            #expect(try refused.status == 503 && refused.problem == "draining")
            #expect(try api.states(api.settle(claim.lease, [(id, #""outcome":"completed""#)])) == ["completed"])
        }
    }

    @Test func `a limit and an order hold over HTTP, and a settlement lets the next one in`() async throws {
        try await withAPI { api in
            #expect(try api.ask("PUT", "/v1/limits/tenant:7", #"{"running_max":2}"#).status == 200)
            let ids = try (0..<5).map { _ in try api.enqueue(#"{"kind":"noop","limits":["tenant:7"]}"#) }
            var claims = [try api.claimed()]
            #expect(claims[0].ids == Array(ids.prefix(2)))
            #expect(try api.ask("POST", "/v1/claims", #"{"kinds":["noop"],"max_jobs":9}"#).text == #"{"jobs":[]}"#)
            #expect(try api.read("state", of: ids[2]) == "blocked")
            let client = try await Self.wait(api)
            #expect(try api.states(api.settle(claims[0].lease, [(ids[0], #""outcome":"released""#)])) == ["available"])
            let next = try client.answer()
            let lease = try #require(try next.string("lease"))
            let got = try #require(try Self.firstJob(next))
            #expect(try api.settle(lease, [(got, #""outcome":"completed""#)]).status == 200)
            let held = "select coalesce(sum(total), 0)::bigint from tusk.present_hold"
            claims = [try api.claimed()]
            #expect(try api.database.number(held) == 2)
            let line = try (0..<2).map { _ in try api.enqueue(#"{"kind":"line","order":"a"}"#) }
            let first = try api.claimed(#"{"kinds":["line"],"max_jobs":9}"#)
            #expect(first.ids == [line[0]])
            let behind = try await Self.wait(api, #"{"kinds":["line"],"wait_seconds":20}"#)
            #expect(try api.settle(first.lease, [(line[0], #""outcome":"completed""#)]).status == 200)
            #expect(try Self.firstJob(behind.answer()) == line[1])
        }
    }

    @Test func `while the database is away claims are refused, and served when it is back`() async throws {
        try await withAPI(isProxied: true) { api in
            let proxy = try #require(api.proxy)
            let client = try await Self.wait(api)
            proxy.mode = .cut
            let answer = try client.answer()
            #expect(try answer.status == 503 && answer.problem == "database-unavailable")
            proxy.mode = .pass
            try api.database.script("select tusk.enqueue('noop')")
            try await eventually(within: .seconds(20), "a claim is served") {
                try api.ask("POST", "/v1/claims", Self.waiting).status == 200
            }
        }
    }
}

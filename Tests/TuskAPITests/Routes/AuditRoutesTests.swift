import TestSupport
import Testing
import TuskCore
import TuskHTTP
import TuskStore

@testable import TuskAPI

struct AuditRoutesTests {
    /// A request for each route that changes something, in an order in which each succeeds, and what is written down.
    /// `ID` is a job that waits, `OPERATION` an operation under way.
    private static let changes: [(route: String, path: String, body: String?, action: String, target: String)] = [
        ("PUT /v1/queues/{name}", "/v1/queues/mail", #"{"ageing_seconds":60}"#, "queue.set", "mail"),
        ("POST /v1/queues/{name}:pause", "/v1/queues/mail:pause", reason, "queue.pause", "mail"),
        ("POST /v1/queues/{name}:resume", "/v1/queues/mail:resume", reason, "queue.resume", "mail"),
        ("PUT /v1/limits/{key}", "/v1/limits/tenant:7", #"{"running_max":3}"#, "limit.set", "tenant:7"),
        ("POST /v1/limits/{key}:pause", "/v1/limits/tenant:7:pause", reason, "limit.pause", "tenant:7"),
        ("POST /v1/limits/{key}:resume", "/v1/limits/tenant:7:resume", reason, "limit.resume", "tenant:7"),
        ("POST /v1/limits/{key}:close", "/v1/limits/tenant:7:close", reason, "limit.close", "tenant:7"),
        ("DELETE /v1/limits/{key}", "/v1/limits/tenant:7", nil, "limit.remove", "tenant:7"),
        ("PUT /v1/schedules/{name}", "/v1/schedules/nightly", schedule, "schedule.put", "nightly"),
        ("POST /v1/schedules/{name}:pause", "/v1/schedules/nightly:pause", reason, "schedule.pause", "nightly"),
        ("POST /v1/schedules/{name}:resume", "/v1/schedules/nightly:resume", reason, "schedule.resume", "nightly"),
        ("POST /v1/schedules/{name}:trigger", "/v1/schedules/nightly:trigger", reason, "schedule.trigger", "nightly"),
        ("DELETE /v1/schedules/{name}", "/v1/schedules/nightly", nil, "schedule.remove", "nightly"),
        ("POST /v1/order-keys/{key}:release", "/v1/order-keys/line:release", reason, "order.release", "line"),
        ("PATCH /v1/jobs/{id}", "/v1/jobs/ID", #"{"priority":1}"#, "job.edit", "ID"),
        ("POST /v1/jobs/{id}:cancel", "/v1/jobs/ID:cancel", reason, "job.cancel", "ID"),
        ("POST /v1/jobs/{id}:retry", "/v1/jobs/ID:retry", reason, "job.retry", "ID"),
        ("POST /v1/operations", "/v1/operations", operation, "operation.create", "OPERATION"),
        (
            "POST /v1/operations/{id}:cancel", "/v1/operations/OPERATION:cancel", reason, "operation.cancel",
            "OPERATION"
        ),
        ("POST /v1/queues/{name}:purge", "/v1/queues/mail:purge", reason, "operation.create", "2"),
    ]
    private static let reason = #"{"reason":"because"}"#
    private static let schedule = #"{"cron":"0 3 * * *","job":{"kind":"noop","args":{"a":null}}}"#
    private static let operation = #"{"action":"retry","filter":{"kind":"noop"},"reason":"because"}"#

    @Test func `every route that changes something leaves one record of who, what and why`() async throws {
        try await withAPI { api in
            let changing = api.api.routes.filter { $0.access == .scope(.operate) || $0.access == .scope(.admin) }
            let names = Set(changing.filter { $0.method != .get }.map(\.name))
            #expect(Set(Self.changes.map(\.route)) == names, "a route that changes something is tried here")
            try Self.discardHead(of: "line", api)
            let job = try api.enqueue()
            let key = try api.key([.operate])
            for (number, change) in Self.changes.enumerated() {
                let named = { (text: String) in text.replacing("OPERATION", with: "1").replacing("ID", with: job) }
                let method = String(change.route.prefix { $0 != " " })
                let headers = ["PUT", "PATCH", "DELETE"].contains(method) ? [("Tusk-Reason", "because")] : []
                let answer = try api.ask(
                    method,
                    named(change.path),
                    change.body,
                    headers: headers,
                    token: key.text
                )
                #expect((200..<300).contains(answer.status), "\(change.route): \(answer.text)")
                let records = try api.audit("actor=\(key.keyID)")
                #expect(records.count == number + 1, "\(change.route) leaves one record")
                let record = try #require(records.first)
                #expect(record.member("action")?.string == change.action)
                #expect(record.member("target")?.string == named(change.target))
                #expect(record.member("reason")?.string == "because", "\(change.route)")
                #expect(record.member("actor")?.string == "test" && record.member("actor_id")?.string == key.keyID)
                #expect(record.member("origin")?.string == "127.0.0.1")
            }
        }
    }

    /// Enqueues two jobs of a line and discards the first.
    private static func discardHead(of line: String, _ api: APIFixture) throws {
        for _ in 0..<2 { _ = try api.enqueue(#"{"kind":"noop","order":"\#(line)"}"#) }
        try api.working { session, worker in
            let lanes = Lane.all(of: [.standard])
            let claimed = try session.claimGated(
                ClaimRequest(worker: worker, lanes: lanes, kinds: ["noop"], jobsMax: 1)
            ).jobs
            let entries = claimed.map { SettleEntry($0, .discard, startedAgo: .milliseconds(5)) }
            _ = try session.settle(entries, worker: worker)
        }
    }

    @Test func `what is refused leaves no record`() async throws {
        try await withAPI { api in
            for (method, path) in [
                ("DELETE", "/v1/limits/a"), ("DELETE", "/v1/schedules/a"), ("POST", "/v1/schedules/a:pause"),
                ("POST", "/v1/jobs/99:cancel"), ("POST", "/v1/jobs/99:retry"), ("POST", "/v1/order-keys/a:release"),
                ("POST", "/v1/operations/9:cancel"),
            ] {
                let answer = try api.ask(method, path)
                #expect(answer.status == 404, "\(path)")
            }
            let dry = #"{"action":"retry","filter":{"kind":"a"},"dry_run":true}"#
            #expect(try api.ask("POST", "/v1/operations", dry).status == 200)
            #expect(try api.database.number("select count(*) from tusk.audit where actor_id <> 'test'") == 0)
        }
    }

    @Test func `a change whose record cannot be written does not happen`() async throws {
        try await withAPI { api in
            try api.database.script("alter table tusk.audit add constraint full_up check (action = '') not valid")
            #expect(try api.ask("POST", "/v1/queues/mail:pause").status == 500)
            #expect(try api.ask("PUT", "/v1/limits/a", #"{"running_max":1}"#).status == 500)
            let left = "select (select count(*) from tusk.queue) + (select count(*) from tusk.key_limit)"
            #expect(try api.database.number(left) == 0)
        }
    }

    @Test func `a record has what was there before and after`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", "/v1/limits/tenant:7", #"{"running_max":3}"#)
            _ = try api.ask("PUT", "/v1/limits/tenant:7", #"{"running_max":5}"#)
            _ = try api.ask("DELETE", "/v1/limits/tenant:7")
            let records = try api.audit("target=limit:tenant:7")
            let states = records.map { record in
                ["before", "after"].map { record.member($0)?.member("running_max")?.int64 }
            }
            #expect(states == [[5, nil], [3, 5], [nil, 3]])
            let keys = try api.database.texts("select state_after::text from tusk.audit where action = 'key.create'")
            #expect(keys.count == 1 && keys.allSatisfy { !$0.contains("token_hash") && $0.contains("scopes") })
        }
    }

    @Test func `records are narrowed by who, what and when, and read page by page`() async throws {
        try await withAPI { api in
            for name in ["a", "b", "c"] {
                _ = try api.ask("POST", "/v1/queues/\(name):pause")
                _ = try api.ask("POST", "/v1/queues/\(name):resume")
            }
            #expect(try api.audit("target=queue").count == 6)
            #expect(try api.audit("target=queue:b").count == 2)
            #expect(try api.audit("action=queue.pause").count == 3)
            #expect(try api.audit("actor=nobody").isEmpty)
            #expect(try api.audit("actor=\(api.token.keyID)").count == 6)
            #expect(try api.audit("since=2100-01-01T00:00:00Z").isEmpty)
            #expect(try api.audit("since=2020-01-01T00:00:00Z&target=queue").count == 6)
            let first = try api.ask("GET", "/v1/audit?target=queue&page_size=4")
            let token = try #require(try first.string("next_page_token"))
            #expect(try api.audit("target=queue&page_size=4&page_token=\(token)").count == 2)
            let other = try api.ask("GET", "/v1/audit?target=limit&page_token=\(token)")
            #expect(other.status == 400)
            #expect(try other.problem == "invalid-page-token")
            for bad in ["since=yesterday", "action=queue.eat", "actor=", "target=", "who=me"] {
                #expect(try api.ask("GET", "/v1/audit?\(bad)").status == 400, "\(bad)")
            }
        }
    }

    @Test func `a reason that is too long, or given twice, is refused`() async throws {
        try await withAPI { api in
            let long = String(repeating: "a", count: 1025)
            for headers in [[("Tusk-Reason", long)], [("Tusk-Reason", "a"), ("Tusk-Reason", "b")]] {
                let answer = try api.ask("PUT", "/v1/limits/a", #"{"running_max":1}"#, headers: headers)
                #expect(answer.status == 400)
                #expect(answer.text.contains(#""header":"Tusk-Reason""#))
            }
            #expect(try api.database.number("select count(*) from tusk.key_limit") == 0)
        }
    }
}

extension APIFixture {
    /// The records that `GET /v1/audit` shows.
    fileprivate func audit(_ query: String) throws -> [JSONValue] {
        let answer = try ask("GET", "/v1/audit?\(query)")
        guard answer.status == 200, let records = try answer.json.member("audit") else {
            throw FixtureError(answer.text)
        }
        return Array(records.elements)
    }
}

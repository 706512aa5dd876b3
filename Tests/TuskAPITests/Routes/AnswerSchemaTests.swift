import Foundation
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskAPI

/// What routes answer, held to what the OpenAPI description says of it, member by member.
struct AnswerSchemaTests {
    /// Something of everything, as the dashboard's tests have it.
    private static let seed = URL(filePath: #filePath).appending(path: "../../../BrowserTests/seed.sql").standardized

    @Test func `every answer about a full database is described, member by member`() async throws {
        let seed = try String(contentsOf: Self.seed, encoding: .utf8)
        try await withAPI { api in
            try api.database.script(seed)
            let check = try AnswerCheck(api)
            for (route, path) in [
                ("/v1/jobs", "?page_size=200"), ("/v1/errors", ""), ("/v1/audit", ""), ("/v1/operations", ""),
                ("/v1/queues", ""), ("/v1/limits", ""), ("/v1/order-keys", ""), ("/v1/schedules", ""),
                ("/v1/workers", ""), ("/v1/stats/series", "?queue=mail"), ("/v1/doctor", ""), ("/livez", ""),
                ("/readyz", "?verbose"), ("/version", ""), ("/healthz", ""),
            ] { try check.ask("GET", route, route + path) }
            let list = try #require(try api.ask("GET", "/v1/jobs?page_size=200").json.member("jobs"))
            var states: Set<String> = []
            for job in list.elements {
                let id = try #require(job.member("id")?.string)
                guard states.insert(job.member("state")?.string ?? "").inserted else { continue }
                try check.ask("GET", "/v1/jobs/{id}", "/v1/jobs/\(id)?include=attempts,logs,steps")
                try check.ask("GET", "/v1/jobs/{id}/explain", "/v1/jobs/\(id)/explain")
            }
            #expect(states.count >= 6, "\(states)")
            try check.ask("GET", "/v1/queues/{name}/explain", "/v1/queues/mail/explain")
            try check.ask("GET", "/v1/operations/{id}", "/v1/operations/1")
            for part in ["", "/ticks", "/preview"] {
                try check.ask("GET", "/v1/schedules/{name}\(part)", "/v1/schedules/nightly-report\(part)")
            }
            #expect(check.count > 30)
        }
    }

    @Test func `every answer to a command is described, member by member`() async throws {
        try await withAPI { api in
            let check = try AnswerCheck(api)
            let unique = #"{"kind":"noop","delay_seconds":60,"unique":{"key":"k"}}"#
            try check.ask("POST", "/v1/jobs", body: unique, status: 201)
            try check.ask("POST", "/v1/jobs", body: unique, status: 200)
            try check.ask("POST", "/v1/jobs:bulk", body: #"{"jobs":[{"kind":"noop"},\#(unique)]}"#, status: 201)
            let full =
                #"{"kind":"noop","args":[1],"limits":["a",{"key":"b","weight":2}],"fair_key":"f","order":"o","#
                + #""retry":{"policy":"fixed","delay_seconds":1},"timeout_seconds":9,"metadata":{"m":1},"tags":["t"],"#
                + #""start_by":"2101-01-01T00:00:00Z","unique":{"key":"u"}}"#
            let id = try #require(try check.ask("POST", "/v1/jobs", body: full, status: 201).string("id"))
            try check.ask("GET", "/v1/jobs/{id}", "/v1/jobs/\(id)")
            try check.ask("PATCH", "/v1/jobs/{id}", "/v1/jobs/\(id)", body: #"{"priority":1}"#)
            try check.ask("POST", "/v1/jobs/{id}:cancel", "/v1/jobs/\(id):cancel")
            try check.ask("POST", "/v1/jobs/{id}:retry", "/v1/jobs/\(id):retry")
            try check.ask("POST", "/v1/jobs/{id}:cancel", "/v1/jobs/\(id):cancel")
            try check.ask("PUT", "/v1/queues/{name}", "/v1/queues/q", body: #"{"ageing_seconds":60}"#)
            let limit = #"{"running_max":1,"rate":{"max":5,"seconds":1},"breaker":{"failures":3},"share_weight":2}"#
            try check.ask("PUT", "/v1/limits/{key}", "/v1/limits/tenant:7", body: limit)
            let pause = #"{"reason":"r","until":"2101-01-01T00:00:00Z"}"#
            try check.ask("POST", "/v1/limits/{key}:pause", "/v1/limits/tenant:7:pause", body: pause)
            try check.ask("GET", "/v1/limits")
            for verb in ["resume", "close"] {
                try check.ask("POST", "/v1/limits/{key}:\(verb)", "/v1/limits/tenant:7:\(verb)")
            }
            for verb in ["pause", "resume"] {
                try check.ask("POST", "/v1/queues/{name}:\(verb)", "/v1/queues/q:\(verb)", body: #"{"reason":"r"}"#)
            }
            let schedule =
                #"{"cron":"0 3 * * *","job":{"kind":"noop"},"jitter_seconds":5,"catch_up":"all","#
                + #""catch_up_max":3,"catch_up_window_seconds":60}"#
            try check.ask("PUT", "/v1/schedules/{name}", "/v1/schedules/s", body: schedule, status: 201)
            for (verb, status) in [("pause", 200), ("resume", 200), ("trigger", 201)] {
                try check.ask("POST", "/v1/schedules/{name}:\(verb)", "/v1/schedules/s:\(verb)", status: status)
            }
            try check.ask("GET", "/v1/schedules/{name}/ticks", "/v1/schedules/s/ticks")
            try check.ask("POST", "/v1/schedules:preview", body: #"{"cron":"0 3 * * *"}"#)
            let retry = #"{"action":"retry","filter":{"kind":"noop"},"per_second":5,"canary":{"count":2},"reason":"r""#
            try check.ask("POST", "/v1/operations", body: retry + #","dry_run":true}"#)
            try check.ask("POST", "/v1/operations", body: retry + "}", status: 201)
            try check.ask("POST", "/v1/operations/{id}:cancel", "/v1/operations/1:cancel", body: #"{"reason":"r"}"#)
            try check.ask("GET", "/v1/audit")
        }
    }

    @Test func `what a program hears that claims over HTTP is described, member by member`() async throws {
        try await withAPI { api in
            let check = try AnswerCheck(api)
            try check.ask("POST", "/v1/claims", body: #"{"kinds":["noop"],"wait_seconds":0}"#)
            for _ in 0..<2 { _ = try api.enqueue(#"{"kind":"noop","timeout_seconds":9,"metadata":{"m":1}}"#) }
            let claimed = try check.ask("POST", "/v1/claims", body: #"{"kinds":["noop"],"max_jobs":2}"#)
            let path = "/v1/claims/\(try #require(try claimed.string("lease")))"
            let jobs = try #require(try claimed.json.member("jobs")).elements.compactMap { $0.member("id")?.string }
            try check.ask("POST", "/v1/claims/{lease}:heartbeat", "\(path):heartbeat")
            let report = #"{"reports":[{"id":"\#(jobs[0])","progress":0.5,"logs":[{"message":"m"}]},{"id":"1"}]}"#
            try check.ask("POST", "/v1/claims/{lease}:report", "\(path):report", body: report)
            try check.ask("GET", "/v1/jobs/{id}", "/v1/jobs/\(jobs[0])?include=logs")
            let outcomes = [jobs[0], "1"].map { #"{"id":"\#($0)","outcome":"completed"}"# }.joined(separator: ",")
            try check.ask("POST", "/v1/claims/{lease}:settle", "\(path):settle", body: "{\"outcomes\":[\(outcomes)]}")
        }
    }

    @Test func `every problem is described, member by member`() async throws {
        try await withAPI { api in
            let check = try AnswerCheck(api)
            let id = try api.enqueue()
            _ = try api.ask("POST", "/v1/jobs/\(id):cancel")
            try check.ask("PATCH", "/v1/jobs/{id}", "/v1/jobs/\(id)", body: #"{"priority":1}"#, status: 409)
            try check.ask("PATCH", "/v1/jobs/{id}", "/v1/jobs/\(id)", body: #"{"priority":11}"#, status: 422)
            try check.ask("POST", "/v1/jobs", body: #"{"kind":"#, status: 400)
            try check.ask("GET", "/v1/jobs/{id}", "/v1/jobs/99", status: 404)
            try check.ask("GET", "/v1/jobs", "/v1/jobs?page_size=x", status: 400)
            let stranger = try api.key([.enqueue]).text
            try check.ask("GET", "/v1/audit", status: 403, token: stranger)
        }
    }

    @Test func `the check finds what is missing, of another type, or not described`() throws {
        let text =
            #"{"components":{"schemas":{"A":{"type":"object","required":["a"],"properties":{"#
            + #""a":{"type":"integer"},"b":{"type":"array","items":{"enum":["x",1]}},"c":{"const":true}}}}}}"#
        let document = try JSONDocument(validating: Array(text.utf8), limits: .body).root
        let schema = try JSONDocument(validating: Array(##"{"$ref":"#/components/schemas/A"}"##.utf8), limits: .body)
        for (value, faults) in [
            (#"{"a":1,"b":["x",1],"c":true}"#, 0), (#"{}"#, 1), (#"{"a":1.5}"#, 1), (#"{"a":1,"d":1}"#, 1), ("[]", 1),
            (#"{"a":1,"b":["y"]}"#, 1), (#"{"a":1,"c":false}"#, 1),
        ] {
            let root = try JSONDocument(validating: Array(value.utf8), limits: .body).root
            #expect(SchemaCheck(document: document).faults(root, schema.root).count == faults, "\(value)")
        }
    }
}

/// Asks, and holds each answer to the schema of its route and status.
private final class AnswerCheck {
    private let api: APIFixture
    private let check: SchemaCheck
    private(set) var count = 0

    init(_ api: APIFixture) throws {
        self.api = api
        check = SchemaCheck(document: try api.ask("GET", "/openapi.json").json)
    }

    /// Asks `path`, which is the route itself unless it says otherwise.
    @discardableResult
    func ask(
        _ method: String,
        _ route: String,
        _ path: String? = nil,
        body: String? = nil,
        status: Int = 200,
        token: String?? = nil
    ) throws -> TestAnswer {
        let answer = try api.ask(method, path ?? route, body, token: token)
        #expect(answer.status == status, "\(method) \(path ?? route): \(answer.text)")
        let type = status < 400 ? "application/json" : "application/problem+json"
        let described = check.document.member("paths")?.member(route)?.member(method.lowercased())?.member("responses")
        let content = described?.member(String(status))?.member("content")?.member(type)
        let schema = try #require(content?.member("schema"), "\(method) \(route) \(status) has a schema")
        let faults = check.faults(try answer.json, schema)
        #expect(faults.isEmpty, "\(method) \(route) \(status): \(faults.prefix(5))")
        count += 1
        return answer
    }
}

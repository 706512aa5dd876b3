import TestSupport
import Testing
import TuskCore

/// Requests that are refused: each with its status, the name of the problem and, where it is in the body, the place.
struct BadInputTests {
    static let fields: [BadRequest] = [
        .job("{}", "#/kind", "required"),
        .job("[]", "#", "wrong_type"),
        .job("null", "#", "wrong_type"),
        .job(#""job""#, "#", "wrong_type"),
        .job(#"{"kind":""}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":"a b"}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":"é"}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":"a\nb"}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":"\u001b[31m"}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":"a';drop table tusk.job"}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":"\#(String(repeating: "k", count: 129))"}"#, "#/kind", "invalid_name"),
        .job(#"{"kind":7}"#, "#/kind", "wrong_type"),
        .job(#"{"kind":null}"#, "#/kind", "wrong_type"),
        .job(#"{"kind":"a","queue":"a/b"}"#, "#/queue", "invalid_name"),
        .job(#"{"kind":"a","queue":[]}"#, "#/queue", "wrong_type"),
        .job(#"{"kind":"a","priority":-1}"#, "#/priority", "out_of_range"),
        .job(#"{"kind":"a","priority":10}"#, "#/priority", "out_of_range"),
        .job(#"{"kind":"a","priority":1.5}"#, "#/priority", "out_of_range"),
        .job(#"{"kind":"a","priority":5e0}"#, "#/priority", "out_of_range"),
        .job(#"{"kind":"a","priority":"5"}"#, "#/priority", "wrong_type"),
        .job(#"{"kind":"a","priority":null}"#, "#/priority", "wrong_type"),
        .job(#"{"kind":"a","priority":true}"#, "#/priority", "wrong_type"),
        .job(#"{"kind":"a","priority":2147483648}"#, "#/priority", "out_of_range"),
        .job(#"{"kind":"a","max_attempts":0}"#, "#/max_attempts", "out_of_range"),
        .job(#"{"kind":"a","max_attempts":1001}"#, "#/max_attempts", "out_of_range"),
        .job(#"{"kind":"a","timeout_seconds":0.5}"#, "#/timeout_seconds", "out_of_range"),
        .job(#"{"kind":"a","timeout_seconds":1e300}"#, "#/timeout_seconds", "out_of_range"),
        .job(#"{"kind":"a","delay_seconds":-1}"#, "#/delay_seconds", "out_of_range"),
        .job(#"{"kind":"a","run_at":"tomorrow"}"#, "#/run_at", "invalid_time"),
        .job(#"{"kind":"a","run_at":"2030-01-01T00:00:00"}"#, "#/run_at", "invalid_time"),
        .job(#"{"kind":"a","run_at":"2030-01-01T24:00:00Z"}"#, "#/run_at", "invalid_time"),
        .job(#"{"kind":"a","run_at":"2030-02-30T00:00:00Z"}"#, "#/run_at", "invalid_time"),
        .job(#"{"kind":"a","run_at":"294277-01-01T00:00:00Z"}"#, "#/run_at", "invalid_time"),
        .job(#"{"kind":"a","run_at":"infinity"}"#, "#/run_at", "invalid_time"),
        .job(#"{"kind":"a","run_at":1893456000}"#, "#/run_at", "wrong_type"),
        .job(
            #"{"kind":"a","run_at":"2030-01-01T00:00:00Z","delay_seconds":1}"#,
            "#/delay_seconds",
            "conflicting_fields"
        ),
        .job(#"{"kind":"a","tags":"x"}"#, "#/tags", "wrong_type"),
        .job(#"{"kind":"a","tags":["x","x"]}"#, "#/tags/1", "duplicate"),
        .job(#"{"kind":"a","tags":["x",7]}"#, "#/tags/1", "invalid_name"),
        .job(#"{"kind":"a","metadata":[]}"#, "#/metadata", "wrong_type"),
        .job(#"{"kind":"a","metadata":{"x":"\#(String(repeating: "x", count: 4096))"}}"#, "#/metadata", "too_large"),
        .job(#"{"kind":"a","args":"\#(String(repeating: "x", count: 65_536))"}"#, "#/args", "too_large"),
        .job(#"{"kind":"a","retry":{"policy":"never"}}"#, "#/retry/policy", "unknown_value"),
        .job(#"{"kind":"a","traceparent":"00-x"}"#, "#/traceparent", "invalid_traceparent"),
        .job(#"{"kind":"a","Priority":5}"#, "#/Priority", "unknown_field"),
        .job(#"{"kind":"a","idempotency_key":"x"}"#, "#/idempotency_key", "unknown_field"),
    ]

    static let texts: [BadRequest] = [
        .json("", "#", "empty"),
        .json("{", "#", "unexpected_end"),
        .json(#"{"kind":"a"}x"#, "#", "trailing_bytes"),
        .json("{'kind':'a'}", "#", "unexpected_byte"),
        .json(#"{"kind":"a",}"#, "#", "unexpected_byte"),
        .json(#"{"kind":"a"/**/}"#, "#", "unexpected_byte"),
        .json(#"{"kind":"a","args":[1,]}"#, "#/args/1", "unexpected_byte"),
        .json(#"{"kind":"a","kind":"b"}"#, "#/kind", "duplicate_key"),
        .json(#"{"kind":"a","args":{"x":1,"\u0078":2}}"#, "#/args/x", "duplicate_key"),
        .json(#"{"kind":"a","args":"\u0000"}"#, "#/args", "nul_not_allowed"),
        .json(#"{"kind":"a","args":"\ud800"}"#, "#/args", "lone_surrogate"),
        .json(#"{"kind":"a","args":[1e131071]}"#, "#/args/0", "exponent_out_of_range"),
        .json(#"{"kind":"a","args":01}"#, "#/args", "invalid_number"),
        .json(#"{"kind":"a","args":NaN}"#, "#/args", "unexpected_byte"),
        .json(#"{"kind":"a","args":\#(String(repeating: "9", count: 41))}"#, "#/args", "too_many_digits"),
        .json("{\"kind\":\"a\u{01}\"}", "#/kind", "control_character"),
        .json("\u{FEFF}{\"kind\":\"a\"}", "#", "byte_order_mark"),
    ]

    private static let job = #"{"kind":"a"}"#

    static let requests: [BadRequest] = [
        BadRequest(
            body: job,
            headers: [("Content-Type", "text/plain")],
            status: 415,
            problem: "unsupported-media-type"
        ),
        BadRequest(
            body: job,
            headers: [("Content-Type", "application/json; charset=latin1")],
            status: 415,
            problem: "unsupported-media-type"
        ),
        BadRequest(
            body: "kind=a",
            headers: [("Content-Type", "application/x-www-form-urlencoded")],
            status: 415,
            problem: "unsupported-media-type"
        ),
        BadRequest(
            body: job,
            headers: [("Content-Encoding", "gzip"), ("Content-Type", "application/json")],
            status: 415,
            problem: "content-encoding-not-supported"
        ),
        BadRequest(body: job, headers: [("Idempotency-Key", "")], status: 400, problem: "invalid-request"),
        BadRequest(body: job, headers: [("Idempotency-Key", "a b")], status: 400, problem: "invalid-request"),
        BadRequest(
            body: job,
            headers: [("Idempotency-Key", String(repeating: "k", count: 256))],
            status: 400,
            problem: "invalid-request"
        ),
        BadRequest(
            body: job,
            headers: [("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
            status: 400,
            problem: "invalid-request"
        ),
        BadRequest(path: "/v1/jobs?dry_run=true", body: job, status: 400, problem: "unknown-parameter"),
        BadRequest(
            body: #"{"kind":"a","args":"\#(String(repeating: "x", count: 1 << 20))"}"#,
            status: 413,
            problem: "body-too-large"
        ),
        .path("GET", "/v1/jobs?limit=5", "unknown-parameter"),
        .path("GET", "/v1/jobs?state=done", "invalid-request"),
        .path("GET", "/v1/jobs?state=Available", "invalid-request"),
        .path("GET", "/v1/jobs?queue=", "invalid-request"),
        .path("GET", "/v1/jobs?kind=a%20b", "invalid-request"),
        .path("GET", "/v1/jobs?tag=%C3%A9", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=0", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=1001", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=-1", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=1e9", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=NaN", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=99999999999999999999", "invalid-request"),
        .path("GET", "/v1/jobs?page_size=5&page_size=6", "duplicate-query-parameter"),
        .path("GET", "/v1/jobs?page_token=", "invalid-page-token"),
        .path("GET", "/v1/jobs?page_token=00", "invalid-page-token"),
        .path("GET", "/v1/jobs?page_token=zz", "invalid-page-token"),
        .path("GET", "/v1/jobs?queue=a+b", "plus-in-query"),
        .path("GET", "/v1/jobs?queue=%00", "bad-query-encoding"),
        .path("GET", "/v1/jobs?queue=%ff", "bad-query-encoding"),
        .path("GET", "/v1/jobs/0", "invalid-request"),
        .path("GET", "/v1/jobs/-1", "invalid-request"),
        .path("GET", "/v1/jobs/01", "invalid-request"),
        .path("GET", "/v1/jobs/1e3", "invalid-request"),
        .path("GET", "/v1/jobs/9223372036854775808", "invalid-request"),
        .path("GET", "/v1/jobs/%EF%BC%91", "invalid-request"),
        .path("GET", "/v1/jobs/1?include=args", "invalid-request"),
        .path("GET", "/v1/jobs/1?include=", "invalid-request"),
        .path("GET", "/v1/jobs/1", "job-not-found", status: 404),
        .path("POST", "/v1/jobs/1:cancel", "job-not-found", status: 404),
        .path("POST", "/v1/jobs/x:cancel", "invalid-request"),
        .path("POST", "/v1/jobs/1:retry", "job-not-found", status: 404),
        .path("POST", "/v1/jobs/1:explode", "method-not-allowed", status: 405),
        .path("DELETE", "/v1/jobs", "method-not-allowed", status: 405),
        .path("PATCH", "/v1/queues", "method-not-allowed", status: 405),
        .path("GET", "/v2/jobs", "not-found", status: 404),
        .path("GET", "/v1/jobs/", "not-found", status: 404),
        .path("POST", "/v1/queues/a%20b:pause", "invalid-request"),
        .path("GET", "/v1/schedules/none", "schedule-not-found", status: 404),
        .path("GET", "/v1/schedules/none/ticks", "schedule-not-found", status: 404),
        .path("DELETE", "/v1/schedules/none", "schedule-not-found", status: 404),
        .path("GET", "/v1/schedules/a%20b", "invalid-request"),
        .path("GET", "/readyz?verbose=maybe", "invalid-request"),
        .path("GET", "/v1/workers?x", "unknown-parameter"),
    ]

    @Test func `every one is refused in its own way and stores nothing`() async throws {
        try await withAPI { api in
            for bad in Self.fields + Self.texts + Self.requests {
                let answer = try api.ask(bad.method, bad.path, bad.body, headers: bad.headers)
                #expect(answer.status == bad.status, "\(bad.testDescription): \(answer.text)")
                #expect(try answer.problem == bad.problem, "\(bad.testDescription): \(answer.text)")
                if let pointer = bad.pointer {
                    #expect(try answer.pointers.first == pointer, "\(bad.testDescription): \(answer.text)")
                    #expect(try answer.codes.first == bad.code, "\(bad.testDescription): \(answer.text)")
                }
                #expect(try answer.json.member("status")?.int64 == Int64(bad.status))
                #expect(try answer.string("request_id") == answer["x-request-id"])
            }
            #expect(try api.jobCount() == 0)
            #expect(try api.database.number("select count(*) from tusk.queue where paused_at is not null") == 0)
        }
    }

    @Test func `a fault in the text is told with its place in bytes`() async throws {
        try await withAPI { api in
            let answer = try api.ask("POST", "/v1/jobs", #"{"kind":"a","args":[1,2,x]}"#)
            let error = try #require(try answer.json.member("errors")?.elements.first { _ in true })
            #expect(error.member("offset")?.int64 == 24)
        }
    }

    @Test func `all that is wrong with a job is told at once`() async throws {
        try await withAPI { api in
            let answer = try api.ask("POST", "/v1/jobs", #"{"queue":"a b","priority":99,"tags":{},"x":1}"#)
            #expect(answer.status == 422)
            #expect(Set(try answer.pointers) == ["#/kind", "#/queue", "#/priority", "#/tags", "#/x"])
        }
    }

    static let commands: [(String, String, String)] = [
        ("[]", "#", "wrong_type"), (#"{"reason":7}"#, "#/reason", "wrong_type"),
        (#"{"because":"x"}"#, "#/because", "unknown_field"),
        (#"{"reason":"\#(String(repeating: "x", count: 1025))"}"#, "#/reason", "too_large"),
    ]

    @Test func `the body of a command is checked`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            let paths = [
                "/v1/jobs/\(id):cancel", "/v1/queues/default:pause", "/v1/jobs/\(id):retry",
                "/v1/queues/default:resume",
            ]
            for path in paths {
                for (body, pointer, code) in Self.commands {
                    let answer = try api.ask("POST", path, body)
                    #expect(answer.status == 422)
                    #expect(try answer.pointers == [pointer])
                    #expect(try answer.codes == [code])
                }
                let untyped = try api.ask("POST", path, "{}", headers: [("Content-Type", "text/plain")])
                #expect(untyped.status == 415)
            }
            #expect(try api.ask("GET", "/v1/jobs/\(id)").string("state") == "available")
        }
    }

    @Test func `no answer tells what the server or the log knows`() async throws {
        try await withAPI { api in
            try api.database.script("alter table tusk.job rename column kind to secret_column")
            let answer = try api.ask("POST", "/v1/jobs", #"{"kind":"a"}"#)
            #expect(answer.status == 503)
            #expect(try answer.problem == "schema-mismatch")
            #expect(!answer.text.contains("kind"))
            #expect(!answer.text.contains("column"))
            let id = try #require(answer["x-request-id"])
            try await eventually { api.log.text.contains(id) && api.log.text.contains("42703") }
        }
    }
}

import TestSupport
import Testing
import TuskCore

struct EnqueueRouteTests {
    @Test func `a job is stored before it is acknowledged`() async throws {
        try await withAPI { api in
            let answer = try api.ask("POST", "/v1/jobs", #"{"kind":"send_email","args":{"to":"a@example.com"}}"#)
            #expect(answer.status == 201)
            let id = try #require(try answer.string("id"))
            #expect(answer["location"] == "/v1/jobs/\(id)")
            #expect(answer["content-type"] == "application/json")
            #expect(answer["cache-control"] == "no-store")
            #expect(try answer.string("state") == "available")
            #expect(try answer.string("kind") == "send_email")
            #expect(try answer.string("queue") == "default")
            #expect(try api.database.number("select id from tusk.job") == Int64(id))
        }
    }

    @Test func `every field of a job arrives as it was sent`() async throws {
        try await withAPI { api in
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let id = try api.enqueue(
                """
                {"kind":"resize","args":{"size":1.0,"name":"é"},"queue":"images","priority":2,"max_attempts":3,
                "run_at":"2199-01-02T03:04:05.678901+01:00","timeout_seconds":90,"tags":["a","b"],
                "metadata":{"by":"me"},"retry":{"policy":"fixed","delay_seconds":5},"traceparent":"\(trace)"}
                """
            )
            let job = try api.ask("GET", "/v1/jobs/\(id)")
            #expect(try job.string("state") == "scheduled")
            #expect(try job.string("run_at") == "2199-01-02T02:04:05.678901Z")
            #expect(try job.string("queue") == "images")
            #expect(try job.json.member("priority")?.int64 == 2)
            #expect(try job.json.member("max_attempts")?.int64 == 3)
            #expect(try job.json.member("args")?.rawBytes.elementsEqual(#"{"size":1.0,"name":"é"}"#.utf8) == true)
            #expect(try job.json.member("tags")?.elements.compactMap(\.string) == ["a", "b"])
            #expect(try job.json.member("metadata")?.member("by")?.string == "me")
            #expect(try job.string("traceparent") == trace)
        }
    }

    @Test func `the trace context of the request goes to a job that has none`() async throws {
        try await withAPI { api in
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let headers = [("traceparent", trace), ("Content-Type", "application/json; charset=utf-8")]
            _ = try api.ask("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: headers)
            #expect(try api.database.texts("select traceparent from tusk.job") == [trace])
            let invalid = [("traceparent", "00-zz")]
            #expect(try api.ask("POST", "/v1/jobs", #"{"kind":"noop"}"#, headers: invalid).status == 201)
        }
    }

    @Test func `workers are told of queues that got a job that can run now`() async throws {
        try await withAPI { api in
            _ = try api.enqueue(#"{"kind":"noop","queue":"mail"}"#)
            _ = try api.enqueue(#"{"kind":"noop","queue":"later","delay_seconds":60}"#)
            try await eventually { api.signals.all.count == 1 }
            #expect(api.signals.all == [["mail"]])
        }
    }

    @Test func `a large job takes the way over a lane`() async throws {
        try await withAPI { api in
            let text = String(repeating: "x", count: 60_000)
            _ = try api.enqueue(#"{"kind":"noop","args":"\#(text)"}"#)
            #expect(try api.database.number("select octet_length(args::text) from tusk.job") == 60_002)
        }
    }

    @Test func `requests that come together are stored together, each with its own answer`() async throws {
        try await withAPI { api in
            let clients = try (0..<32).map { _ in try TestClient(api.address) }
            for (number, client) in clients.enumerated() {
                for part in 0..<8 {
                    let body = #"{"kind":"noop","args":\#(number * 8 + part)}"#
                    try client.send(api.request("POST", "/v1/jobs", body).bytes)
                }
            }
            var ids: [String] = []
            for client in clients {
                for _ in 0..<8 { ids.append(try #require(try client.answer().string("id"))) }
            }
            #expect(Set(ids).count == 256)
            let stored = try api.database.texts("select id::text from tusk.job order by args::text::int")
            #expect(stored == ids)
        }
    }

    @Test func `what was enqueued is counted by queue and kind`() async throws {
        try await withAPI { api in
            for _ in 0..<3 { _ = try api.enqueue(#"{"kind":"send","queue":"mail"}"#) }
            let series = #"tusk_jobs_enqueued_total{queue="mail",kind="send",source="http"} 3"#
            try await eventually { try api.ask("GET", "/metrics").text.contains(series) }
        }
    }
}

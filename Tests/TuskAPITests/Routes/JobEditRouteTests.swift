import TestSupport
import Testing
import TuskCore
import TuskStore

/// `PATCH /v1/jobs/{id}`.
struct JobEditRouteTests {
    private static let patch = [("Content-Type", "application/merge-patch+json")]

    @Test func `a job that waits is changed, and answers as it is now`() async throws {
        try await withAPI { api in
            let args = #"{"n":12345678901234567890123,"m":{"a":1}}"#
            let id = try api.enqueue(#"{"kind":"noop","args":\#(args),"tags":["old"]}"#)
            let body = #"{"queue":"mail","priority":1,"max_attempts":3,"tags":["a","b"],"args":{"m":{"a":null,"b":2}}}"#
            let answer = try api.ask("PATCH", "/v1/jobs/\(id)", body, headers: Self.patch)
            #expect(answer.status == 200, "\(answer.text)")
            let read = try api.ask("GET", "/v1/jobs/\(id)")
            #expect(answer.body == read.body && answer["etag"] == read["etag"])
            for part in [
                #""queue":"mail""#, #""priority":1"#, #""max_attempts":3"#, #""tags":["a","b"]"#,
                #""args":{"n":12345678901234567890123,"m":{"b":2}}"#, #""state":"available""#,
            ] { #expect(answer.text.contains(part), "\(part) \(answer.text)") }
            #expect(api.signals.all.last == ["mail"], "its workers are woken")
            let json = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"args":{"m":{"a":null}},"tags":null}"#)
            #expect(json.text.contains(#""args":{"m":{"a":null}}"#) && json.text.contains(#""tags":[]"#))
            let late = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"run_at":"2101-01-01T00:00:00Z"}"#)
            #expect(try late.string("state") == "scheduled" && late.string("run_at") == "2101-01-01T00:00:00.000000Z")
            let now = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"run_at":null}"#)
            #expect(try now.string("state") == "available")
            #expect(try api.ask("PATCH", "/v1/jobs/\(id)", "{}").status == 200)
            #expect(try api.database.number("select count(*) from tusk.audit where action = 'job.edit'") == 4)
        }
    }

    @Test func `what was changed is written down, but no args`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"noop","args":{"word":"confidential"}}"#)
            _ = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"priority":1,"args":{"word":"secretive"}}"#)
            let records = try api.database.texts(
                "select concat(state_before, state_after) from tusk.audit where action = 'job.edit'"
            )
            let text = try #require(records.first)
            #expect(text.contains(#""priority": 5"#) && text.contains(#""priority": 1"#), "\(text)")
            #expect(!text.contains("confidential") && !text.contains("secretive"))
            let differing = """
                select count(*) from tusk.audit as audit
                where audit.state_before -> 'args_sha256' <> audit.state_after -> 'args_sha256'
                """
            #expect(try api.database.number(differing) == 1)
        }
    }

    @Test(arguments: [
        BadRequest.job(#"{"kind":"x"}"#, "#/kind", "unknown_field"),
        BadRequest.job(#"{"priority":10}"#, "#/priority", "out_of_range"),
        BadRequest.job(#"{"priority":null}"#, "#/priority", "wrong_type"),
        BadRequest.job(#"{"queue":"a b"}"#, "#/queue", "invalid_name"),
        BadRequest.job(#"{"run_at":"soon"}"#, "#/run_at", "invalid_time"),
        BadRequest.job(#"{"max_attempts":0}"#, "#/max_attempts", "out_of_range"),
        BadRequest.job(#"{"tags":["a","a"]}"#, "#/tags/1", "duplicate"),
        BadRequest.job(#"[]"#, "#", "wrong_type"),
        BadRequest.json(#"{"args":{"a":1,"a":2}}"#, "#/args/a", "duplicate_key"),
    ])
    func `what no job could be enqueued with is refused`(_ bad: BadRequest) async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            for headers in [[], Self.patch] {
                let answer = try api.ask("PATCH", "/v1/jobs/\(id)", bad.body, headers: headers)
                #expect(answer.status == bad.status, "\(answer.text)")
                #expect(try answer.problem == bad.problem)
                #expect(try answer.pointers.first == bad.pointer)
                #expect(try answer.codes.first == bad.code)
            }
            #expect(try api.database.number("select count(*) from tusk.audit where action = 'job.edit'") == 0)
        }
    }

    @Test func `args that would be too long when they are merged are refused`() async throws {
        try await withAPI { api in
            let half = String(repeating: "a", count: 40_000)
            let id = try api.enqueue(#"{"kind":"noop","args":{"a":"\#(half)"}}"#)
            let answer = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"args":{"b":"\#(half)"}}"#, headers: Self.patch)
            #expect(answer.status == 422)
            #expect(try answer.pointers == ["#/args"])
            #expect(try api.ask("PATCH", "/v1/jobs/\(id)", #"{"args":{"b":"\#(half)"}}"#).status == 200)
        }
    }

    @Test func `a job that runs, has ended or is not there is not changed`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            try api.working { session, worker in
                let claimed = try api.claim(session, worker)
                let running = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"priority":1}"#)
                #expect(running.status == 409)
                #expect(try running.problem == "job-state" && running.string("state") == "running")
                let allowed = try #require(try running.json.member("allowed_states"))
                #expect(allowed.elements.compactMap(\.string) == ["scheduled", "available", "retryable", "blocked"])
                _ = try session.settle([SettleEntry(claimed[0], .complete, startedAgo: .zero)], worker: worker)
            }
            let ended = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"priority":1}"#)
            #expect(try ended.status == 409 && ended.string("state") == "completed")
            #expect(try api.ask("PATCH", "/v1/jobs/99", #"{"priority":1}"#).problem == "job-not-found")
            #expect(try api.ask("PATCH", "/v1/jobs/x", #"{"priority":1}"#).status == 400)
            let other = [("Content-Type", "application/x-ndjson")]
            #expect(try api.ask("PATCH", "/v1/jobs/\(id)", "{}", headers: other).status == 415)
        }
    }

    @Test func `a change of what somebody else changed is refused`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            let tag = try #require(try api.ask("GET", "/v1/jobs/\(id)")["etag"])
            let first = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"priority":1}"#, headers: [("If-Match", tag)])
            #expect(first.status == 200)
            let second = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"priority":2}"#, headers: [("If-Match", tag)])
            #expect(second.status == 412)
            #expect(try second.problem == "precondition-failed")
            let now = try #require(first["etag"])
            let third = try api.ask("PATCH", "/v1/jobs/\(id)", #"{"tags":["x"]}"#, headers: [("If-Match", now)])
            #expect(third.status == 200 && third.text.contains(#""priority":1"#))
            let none = [("If-None-Match", "*")]
            #expect(try api.ask("PATCH", "/v1/jobs/\(id)", #"{"priority":2}"#, headers: none).status == 412)
            #expect(try api.ask("PATCH", "/v1/jobs/99", "{}", headers: [("If-Match", "*")]).status == 404)
        }
    }

    @Test func `args that another job has made its own are refused`() async throws {
        try await withAPI { api in
            let job = { (number: Int) in #"{"kind":"noop","args":{"c":\#(number)},"unique":{"args":["/c"]}}"# }
            let first = try api.enqueue(job(1))
            let second = try api.enqueue(job(2))
            let answer = try api.ask("PATCH", "/v1/jobs/\(first)", #"{"args":{"c":2}}"#)
            #expect(answer.status == 409)
            #expect(try answer.problem == "unique-conflict" && answer.text.contains("held by job \(second)"))
        }
    }
}

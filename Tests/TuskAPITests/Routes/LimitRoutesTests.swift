import TestSupport
import Testing
import TuskCore
import TuskStore

struct LimitRoutesTests {
    @Test func `a key is paused with who, why and until when, and resumed`() async throws {
        try await withAPI { api in
            let body = #"{"reason":"the gateway is down","until":"2199-01-02T03:04:05Z"}"#
            let paused = try api.ask("POST", "/v1/limits/kind:send:pause", body)
            #expect(paused.status == 200)
            let pause = try paused.json.member("pause")
            #expect(pause?.member("by")?.string == "test" && pause?.member("reason")?.string == "the gateway is down")
            #expect(pause?.member("until")?.string == "2199-01-02T03:04:05.000000Z")
            let listed = try api.ask("GET", "/v1/limits").json.member("limits")?.elements.first { _ in true }
            #expect(listed?.member("key")?.string == "kind:send" && listed?.member("running_max") == nil)
            #expect(try api.ask("POST", "/v1/limits/kind:send:resume").status == 200)
            #expect(try api.ask("GET", "/v1/limits").json.member("limits")?.elements.contains { _ in true } == false)
            for (path, body, status) in [
                ("queue:mail", "{}", 400), ("a%20b", "{}", 400), ("x", #"{"until":"2001-01-01T00:00:00Z"}"#, 422),
                ("x", #"{"until":"tomorrow"}"#, 422), ("x", #"{"why":"x"}"#, 422),
            ] {
                #expect(try api.ask("POST", "/v1/limits/\(path):pause", body).status == status, "\(path) \(body)")
            }
        }
    }

    @Test func `a limit is set, holds jobs back, is listed with what runs and waits, and removed`() async throws {
        try await withAPI { api in
            let set = try api.ask("PUT", "/v1/limits/tenant:7", #"{"running_max":1}"#)
            #expect(set.status == 200 && set.text == #"{"key":"tenant:7","running_max":1}"#)
            let job = #"{"kind":"noop","limits":["tenant:7",{"key":"api","weight":2}]}"#
            for _ in 0..<3 { _ = try api.enqueue(job) }
            try api.working { session, worker in
                let lanes = Lane.all(of: [.standard])
                let request = ClaimRequest(worker: worker, lanes: lanes, kinds: ["noop"], jobsMax: 10)
                let claimed = try session.claimGated(request)
                #expect(claimed.jobs.count == 1)
            }
            let listed = try api.ask("GET", "/v1/limits").json.member("limits")?.elements.first { _ in true }
            #expect(listed?.member("running")?.int64 == 1)
            #expect(listed?.member("waiting")?.int64 == 2)
            #expect(listed?.member("updated_by")?.string == "test")
            #expect(try api.ask("DELETE", "/v1/limits/tenant:7").status == 204)
            #expect(api.signals.all.last == ["default"], "those that waited may run")
            let gone = try api.ask("DELETE", "/v1/limits/tenant:7")
            #expect(gone.status == 404)
            #expect(try gone.problem == "limit-not-found")
        }
    }

    @Test func `a breaker is set, listed with what it has seen, and closed by hand`() async throws {
        try await withAPI { api in
            let set = try api.ask("PUT", "/v1/limits/smtp", #"{"breaker":{"failures":2,"hold_seconds":60}}"#)
            #expect(set.text == #"{"key":"smtp","breaker":{"failures":2,"hold_seconds":60}}"#)
            let id = try api.enqueue(#"{"kind":"noop","limits":["smtp"]}"#)
            for _ in 0..<2 { try api.database.script("select tusk.note_unavailable(\(id), null, '451 <try later>')") }
            let listed = try api.ask("GET", "/v1/limits").json.member("limits")?.elements.first { _ in true }
            let breaker = listed?.member("breaker")
            #expect(breaker?.member("open")?.int64 == 1 && breaker?.member("failures_seen")?.int64 == 2)
            #expect(breaker?.member("wave")?.int64 == 0 && breaker?.member("reason")?.string == "451 <try later>")
            #expect(breaker?.member("probe_at")?.string != nil)
            #expect(try api.ask("POST", "/v1/limits/smtp:close").status == 200)
            #expect(try api.database.number("select count(*) from tusk.breaker") == 0)
            for (body, field) in [
                (#"{"breaker":{"failures":0}}"#, "#/breaker/failures"), (#"{"breaker":5}"#, "#/breaker"),
                (#"{"breaker":{"failures":1,"hold_seconds":0.5}}"#, "#/breaker/hold_seconds"),
                (#"{"breaker":{"failures":1,"hold":5}}"#, "#/breaker/hold"), (#"{"breaker":{}}"#, "#/breaker/failures"),
            ] {
                let refused = try api.ask("PUT", "/v1/limits/smtp", body)
                #expect(refused.status == 422 && refused.text.contains("\"\(field)\""), "\(refused.text)")
            }
        }
    }

    @Test func `a rate is set with a number or without, listed and removed`() async throws {
        try await withAPI { api in
            let rate = #""rate":{"max":100,"seconds":60,"burst":5}"#
            #expect(try api.ask("PUT", "/v1/limits/api", "{\(rate)}").text == #"{"key":"api",\#(rate)}"#)
            let set = try api.ask("PUT", "/v1/limits/api", #"{"running_max":3,"rate":{"max":1,"seconds":0.5}}"#)
            #expect(set.text == #"{"key":"api","running_max":3,"rate":{"max":1,"seconds":0.5,"burst":1}}"#)
            let listed = try api.ask("GET", "/v1/limits").json.member("limits")?.elements.first { _ in true }
            #expect(listed?.member("rate")?.member("seconds")?.double == 0.5)
            _ = try api.ask("PUT", "/v1/limits/api", #"{"running_max":3}"#)
            #expect(try !api.ask("GET", "/v1/limits").text.contains("rate"), "a limit is set as a whole")
            #expect(try api.ask("DELETE", "/v1/limits/api").status == 204)
        }
    }

    @Test(arguments: [
        ("t", #"{"rate":{"max":0,"seconds":1}}"#, "#/rate/max"), ("t", #"{"rate":{"max":1}}"#, "#/rate/seconds"),
        ("t", #"{"rate":{"seconds":1}}"#, "#/rate/max"), ("t", #"{"rate":5}"#, "#/rate"),
        ("t", #"{"rate":{"max":11,"seconds":0.001}}"#, "#/rate/max"),
        ("t", #"{"rate":{"max":1,"seconds":0}}"#, "#/rate/seconds"),
        ("t", #"{"rate":{"max":1,"seconds":1,"burst":0}}"#, "#/rate/burst"),
        ("t", #"{"running_max":0,"rate":{"max":1,"seconds":1}}"#, "#/running_max"),
        ("tenant:7", #"{"running_max":0}"#, "#/running_max"), ("tenant:7", #"{"running_max":-1}"#, "#/running_max"),
        ("tenant:7", #"{"running_max":1.5}"#, "#/running_max"), ("tenant:7", "{}", "#/running_max"),
        ("tenant:7", #"{"running_max":"3"}"#, "#/running_max"), ("tenant:7", #"{"max":3}"#, "#/max"),
        ("*", #"{"running_max":1}"#, "key"), ("a%20b", #"{"running_max":1}"#, "key"),
    ])
    func `a bad limit is refused, its field is named and nothing is set`(
        _ key: String,
        _ body: String,
        _ field: String
    ) async throws {
        try await withAPI { api in
            let answer = try api.ask("PUT", "/v1/limits/\(key)", body)
            #expect((400..<500).contains(answer.status))
            #expect(answer.text.contains("\"\(field)\""), "\(answer.text)")
            #expect(try api.database.number("select count(*) from tusk.key_limit") == 0)
        }
    }

    @Test(arguments: [
        (#""x""#, "#/limits"), ("[]", "#/limits"), (#"["a","b","c","d","e"]"#, "#/limits"), (#"["a b"]"#, "#/limits/0"),
        (#"["a","a"]"#, "#/limits/1"), (#"["kind:a"]"#, "#/limits/0"),
        (#"[{"key":"a","weight":0}]"#, "#/limits/0/weight"), (#"[{"weight":1}]"#, "#/limits/0/key"),
        (#"[{"key":"a","w":1}]"#, "#/limits/0/w"),
    ])
    func `bad limits of a job are refused with the place`(_ limits: String, _ pointer: String) async throws {
        try await withAPI { api in
            let answer = try api.ask("POST", "/v1/jobs", #"{"kind":"noop","limits":\#(limits)}"#)
            #expect(answer.status == 422)
            #expect(answer.text.contains("\"\(pointer)\""), "\(answer.text)")
            #expect(try api.jobCount() == 0)
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskAPI

struct ClaimRoutesTests {
    @Test func `a job is claimed with all that its program needs, and completed`() async throws {
        try await withAPI { api in
            let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let id = try api.enqueue(
                #"{"kind":"noop","args":{"a":[1.50,"x"]},"tags":["t"],"metadata":{"m":1},"priority":3,"#
                    + #""max_attempts":7,"timeout_seconds":1.5,"traceparent":"\#(traceparent)"}"#
            )
            let claim = try api.claimed(#"{"kinds":["noop"],"worker":"py-1","lease_seconds":30}"#)
            let job = try #require(claim.jobs.first)
            #expect(claim.ids == [id] && job.member("kind")?.string == "noop")
            #expect(job.member("queue")?.string == "default" && job.member("priority")?.int64 == 3)
            #expect(job.member("attempt")?.int64 == 1 && job.member("max_attempts")?.int64 == 7)
            #expect(job.member("timeout_seconds")?.double == 1.5)
            #expect(job.member("args").map { JSONText($0).text } == #"{"a":[1.50,"x"]}"#)
            #expect(job.member("tags").map { JSONText($0).text } == #"["t"]"#)
            #expect(job.member("metadata").map { JSONText($0).text } == #"{"m":1}"#)
            #expect(job.member("traceparent")?.string == traceparent)
            #expect(try job.member("created_at")?.string == api.ask("GET", "/v1/jobs/\(id)").string("created_at"))
            #expect(try job.member("lease")?.string == api.read("lease", of: id))
            #expect(try api.read("state", of: id) == "running")
            let host = "select host || ' ' || lease_ms || ' ' || slots from tusk.worker"
            #expect(try api.database.texts(host) == ["py-1 30000 1"])
            let answer = try api.settle(claim.lease, [(id, #""outcome":"completed","result":{"rows":3}"#)])
            #expect(answer.text == #"{"jobs":[{"id":"\#(id)","status":200,"state":"completed"}]}"#)
            #expect(try api.read("result", of: id) == #"{"rows":3}"#)
            #expect(try api.database.number("select count(*) from tusk.worker") == 0)
        }
    }

    @Test func `a program says that its resource is unavailable, for the breaker or as a failure`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", "/v1/limits/smtp", #"{"breaker":{"failures":1}}"#)
            let ids = try [#"["smtp"]"#, #"["free"]"#].map { limits in
                try api.enqueue(#"{"kind":"noop","max_attempts":1,"limits":\#(limits)}"#)
            }
            let claim = try api.claimed()
            #expect(claim.ids == ids)
            let word = #""outcome":"unavailable","error":"no route to host""#
            let answer = try api.settle(claim.lease, ids.map { ($0, word) })
            #expect(try api.states(answer) == ["retryable", "discarded"])
            let attempts = try ids.map { try api.read("attempt", of: $0) }
            #expect(attempts == ["0", "1"])
            #expect(try api.database.texts("select reason from tusk.breaker where wave = 0") == ["no route to host"])
        }
    }

    @Test func `one request settles many jobs with mixed outcomes, and the rest stays leased`() async throws {
        try await withAPI { api in
            let words = [
                #""outcome":"completed""#, #""outcome":"failed","error":"boom""#,
                #""outcome":"failed","retry_in_seconds":100"#, #""outcome":"snoozed","retry_in_seconds":50"#,
                #""outcome":"discarded","error":"no use""#, #""outcome":"released""#,
            ]
            let ids = try (0..<8).map { _ in try api.enqueue(#"{"kind":"noop","max_attempts":2}"#) }
            let claim = try api.claimed()
            #expect(claim.ids == ids)
            try api.database.script("select tusk.cancel(\(ids[6]))")
            let outcomes = Array(zip(ids, words)) + [(ids[6], #""outcome":"completed""#), ("999424", words[0])]
            let answer = try api.settle(claim.lease, outcomes)
            let expected = [
                "completed", "retryable", "retryable", "retryable", "discarded", "available", "cancelled", "lost",
            ]
            #expect(try api.states(answer) == expected)
            let lost = try answer.json.member("jobs")?.elements.first { $0.member("problem") != nil }
            #expect(lost?.member("problem")?.member("type")?.string == "urn:tusk:problem:lease-lost")
            #expect(lost?.member("status")?.int64 == 409)
            for (id, state) in zip(ids, expected.prefix(7)) {
                let found = try api.read("state", of: id)
                #expect(found == state)
            }
            #expect(try api.read("state", of: ids[7]) == "running")
            let attempts = try ids.prefix(6).map { try api.read("attempt", of: $0) }
            #expect(attempts == ["1", "1", "1", "0", "1", "0"])
            let ends = "select ended || ':' || coalesce(error, '') from tusk.attempt order by id"
            #expect(
                try api.database.texts(ends)
                    == ["failed:boom", "failed:the program gave no reason", "snoozed:", "given_back:"]
            )
            #expect(try api.read("error", of: ids[4]) == "no use")
            #expect(try api.read("reason", of: ids[4]) == "handler")
            let delays = "select round(extract(epoch from due_at - now()))::text from tusk.scheduled order by id"
            let seconds = try api.database.texts(delays).compactMap { Double($0) }
            try #require(seconds.count == 3)
            #expect((1...2).contains(seconds[0]) && (95...100).contains(seconds[1]) && (45...50).contains(seconds[2]))
            // The last job of the claim is settled by itself, and the released one is there for the next claim.
            #expect(try api.states(api.settle(claim.lease, [(ids[7], words[0])])) == ["completed"])
            let again = try api.claimed()
            #expect(again.ids == [ids[5]] && again.jobs[0].member("attempt")?.int64 == 1)
        }
    }

    @Test func `a failure discards when no attempt is left, and else waits by the job's policy`() async throws {
        try await withAPI { api in
            let policy = #""retry":{"policy":"fixed","delay_seconds":1000}"#
            let once = try api.enqueue(#"{"kind":"noop","max_attempts":1}"#)
            let fixed = try api.enqueue(#"{"kind":"noop",\#(policy)}"#)
            let claim = try api.claimed()
            let failed = #""outcome":"failed","error":"e""#
            #expect(
                try api.states(api.settle(claim.lease, [(once, failed), (fixed, failed)]))
                    == ["discarded", "retryable"]
            )
            #expect(try api.read("reason", of: once) == "attempts")
            let delay = "select extract(epoch from due_at - now())::int between 990 and 1000 from tusk.scheduled"
            #expect(try api.database.texts("select (\(delay))::text") == ["true"])
        }
    }

    @Test func `a settlement that is sent twice is told the same, and changes nothing`() async throws {
        try await withAPI { api in
            let ids = try (0..<4).map { _ in try api.enqueue() }
            let claim = try api.claimed()
            let outcomes = Array(
                zip(
                    ids,
                    [
                        #""outcome":"completed""#, #""outcome":"failed""#, #""outcome":"released""#,
                        #""outcome":"discarded""#,
                    ]
                )
            )
            let first = try api.settle(claim.lease, outcomes)
            #expect(try api.settle(claim.lease, outcomes).text == first.text)
            #expect(try api.settle(claim.lease, [outcomes[0]]).status == 200)
            #expect(try api.database.number("select count(*) from tusk.attempt") == 2)
            #expect(try api.database.number("select count(*) from tusk.outcome") == 2)
        }
    }

    @Test func `a lost lease is 409, and what its holder says changes nothing`() async throws {
        try await withAPI { api in
            let ids = try [api.enqueue(), api.enqueue()]
            let lost = try api.claimed(#"{"kinds":["noop"],"max_jobs":2}"#)
            try api.rescue()
            let found = try ids.map { [try api.read("state", of: $0), try api.read("attempt", of: $0)] }
            #expect(found == [["available", "0"], ["available", "0"]])
            // What lost a lease runs beside no other such job.
            let next = try api.claimed(#"{"kinds":["noop"],"max_jobs":2}"#)
            #expect(next.ids == [ids[0]])
            for answer in [
                try api.settle(lost.lease, [(ids[0], #""outcome":"completed""#)]),
                try api.ask("POST", "/v1/claims/\(lost.lease):heartbeat"),
            ] {
                #expect(answer.status == 409)
                #expect(try answer.problem == "lease-lost")
            }
            #expect(try api.read("state", of: ids[0]) == "running")
            #expect(try api.states(api.settle(next.lease, [(ids[0], #""outcome":"completed""#)])) == ["completed"])
        }
    }

    @Test func `a heartbeat keeps the lease and tells what is to stop`() async throws {
        try await withAPI { api in
            let ids = try [api.enqueue(), api.enqueue()]
            let claim = try api.claimed()
            try api.database.script("update tusk.worker set heartbeat_at = heartbeat_at - interval '50 seconds'")
            let stale = try #require(
                try api.database.texts("select (heartbeat_at + interval '1 min')::text from tusk.worker").first
            )
            try api.database.script("select tusk.cancel(\(ids[1]))")
            let beat = try api.ask("POST", "/v1/claims/\(claim.lease):heartbeat", "{}")
            #expect(beat.status == 200)
            let until = try #require(try beat.string("expires_at"))
            let isLater = "'\(until)'::timestamptz > '\(stale)'::timestamptz + interval '45 seconds'"
            #expect(try api.database.texts("select (\(isLater))::text") == ["true"])
            #expect(try beat.json.member("stop").map { JSONText($0).text } == #"["\#(ids[1])"]"#)
        }
    }

    @Test func `a lease is of no use to another key, nor without its secret`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            let (mine, other) = (try api.key([.work]).text, try api.key([.work]).text)
            let claim = try api.claimed(token: mine)
            let worker = try #require(try api.read("worker_id", of: id)).filter { $0 != "-" }
            #expect(claim.lease.hasPrefix(worker))
            let forged = worker + String(repeating: "0", count: 32)
            for (lease, token) in [(claim.lease, other), (forged, mine)] {
                let settled = try api.settle(lease, [(id, #""outcome":"completed""#)], token: token)
                #expect(settled.status == 409)
                #expect(try api.ask("POST", "/v1/claims/\(lease):heartbeat", token: token).status == 409)
            }
            let settled = try api.settle(claim.lease, [(id, #""outcome":"completed""#)], token: mine)
            #expect(try api.states(settled) == ["completed"])
        }
    }

    @Test func `another API process extends and settles what this one claimed`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            let claim = try api.claimed()
            try withSecondAPI(api) { address throws in
                let beat = api.request("POST", "/v1/claims/\(claim.lease):heartbeat")
                #expect(try TestClient(address).ask(beat).status == 200)
                let body = #"{"outcomes":[{"id":"\#(id)","outcome":"completed"}]}"#
                let settle = api.request("POST", "/v1/claims/\(claim.lease):settle", body)
                #expect(try api.states(TestClient(address).ask(settle)) == ["completed"])
            }
        }
    }

    @Test func `jobs that are settled in SQL need no settlement`() async throws {
        try await withAPI { api in
            let ids = try [api.enqueue(), api.enqueue()]
            let claim = try api.claimed()
            let lease = try #require(claim.jobs[0].member("lease")?.string)
            try api.database.script("select tusk.complete(\(ids[0]), \(lease), '{\"sql\":1}')")
            let answer = try api.settle(claim.lease, ids.map { ($0, #""outcome":"completed""#) })
            #expect(try api.states(answer) == ["completed", "completed"])
            #expect(try api.read("result", of: ids[0]) == #"{"sql":1}"#)
        }
    }
}

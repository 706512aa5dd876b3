import TestSupport
import Testing
import TuskCore
import TuskStore

struct JobRoutesTests {
    @Test func `a job shows what it was asked for`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(
                #"{"kind":"noop","limits":["tenant:7",{"key":"api","weight":3}],"fair_key":"tenant:7","order":"line","#
                    + #""timeout_seconds":90,"start_by":"2101-01-01T00:00:00Z","unique":{"key":"k"},"#
                    + #""retry":{"policy":"fixed","delay_seconds":5}}"#
            )
            let answer = try api.ask("GET", "/v1/jobs/\(id)")
            for part in [
                #""limits":["tenant:7", {"key" : "api", "weight" : 3}]"#, #""fair_key":"tenant:7""#,
                #""order_key":"line""#, #""timeout_seconds":90"#, #""start_by":"2101-01-01T00:00:00"#, #""key":"k""#,
                #""policy":"fixed""#,
            ] { #expect(answer.text.contains(part), "\(part) \(answer.text)") }
            let plain = try api.ask("GET", "/v1/jobs/\(try api.enqueue())").text
            for name in ["limits", "fair_key", "unique", "retry"] { #expect(!plain.contains(name), "\(plain)") }
        }
    }

    @Test func `a job tells its attempts, its progress and what it logged`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"noop","args":{"n":12345678901234567890123}}"#)
            let lease = try api.working { session, worker in
                let first = try #require(try api.claim(session, worker).first)
                let failure = SettleEntry(first, .retry(after: .zero), startedAgo: .zero, error: "it broke")
                _ = try session.settle([failure], worker: worker)
                #expect(try session.retry(first.id, by: "test") == .available)
                let second = try #require(try api.claim(session, worker).first)
                let report = ProgressReport(id: second.id, lease: second.lease, fraction: 0.5, message: "half")
                try session.write([report], worker: worker)
                let line = JobLogLine(id: second.id, lease: second.lease, line: 1, level: 6, message: "hello")
                try session.write([line], worker: worker)
                try session.keepStep("charge", of: second.id, second.lease, JSONText(trusted: Array("[1.0]".utf8)))
                return second.lease
            }
            let plain = try api.ask("GET", "/v1/jobs/\(id)")
            #expect(try plain.string("state") == "running")
            #expect(try plain.string("lease") == String(lease.rawValue))
            let number = try #require(try plain.json.member("args")?.member("n")).rawBytes
            #expect(number.elementsEqual("12345678901234567890123".utf8))
            #expect(try plain.json.member("progress")?.member("fraction")?.double == 0.5)
            #expect(try plain.json.member("attempts") == nil)
            #expect(!plain.text.contains("null"))
            let whole = try api.ask("GET", "/v1/jobs/\(id)?include=attempts,logs,steps")
            let attempts = Array(try #require(try whole.json.member("attempts")).elements)
            #expect(attempts.map { $0.member("ended")?.string } == ["failed"])
            #expect(attempts.map { $0.member("error")?.string } == ["it broke"])
            let logs = Array(try #require(try whole.json.member("logs")).elements)
            #expect(logs.map { $0.member("message")?.string } == ["hello"])
            #expect(logs.map { $0.member("level")?.string } == ["info"])
            let step = try #require(try whole.json.member("steps")?.elements.first { _ in true })
            #expect(step.member("name")?.string == "charge")
            #expect(step.member("lease")?.string == String(lease.rawValue))
            #expect(try #require(step.member("value")).rawBytes.elementsEqual("[1.0]".utf8))
        }
    }

    private func ids(_ answer: TestAnswer) throws -> [String] {
        let jobs = try #require(try answer.json.member("jobs"))
        return jobs.elements.compactMap { $0.member("id")?.string }
    }

    @Test func `pages go through all jobs once, the newest first`() async throws {
        try await withAPI { api in
            var enqueued: [String] = []
            for _ in 0..<7 { enqueued.append(try api.enqueue()) }
            var seen: [String] = []
            var path = "/v1/jobs?page_size=3"
            var pages = 0
            while true {
                let answer = try api.ask("GET", path)
                #expect(answer.status == 200)
                seen += try ids(answer)
                pages += 1
                guard let token = try answer.string("next_page_token") else { break }
                path = "/v1/jobs?page_size=3&page_token=\(token)"
            }
            #expect(seen == enqueued.reversed())
            #expect(pages == 3)
        }
    }

    @Test func `filters narrow the list, and what may be large is left out`() async throws {
        try await withAPI { api in
            let a = try api.enqueue(#"{"kind":"a","queue":"one","tags":["x","y"],"args":{"secret":1}}"#)
            let b = try api.enqueue(#"{"kind":"b","queue":"one","delay_seconds":3600}"#)
            let c = try api.enqueue(#"{"kind":"b","queue":"two"}"#)
            let expected: [(String, [String])] = [
                ("queue=one", [b, a]), ("kind=b", [c, b]), ("state=scheduled", [b]), ("tag=x", [a]), ("tag=z", []),
                ("state=available&kind=b", [c]), ("queue=one&kind=b&state=scheduled", [b]), ("state=completed", []),
            ]
            for (query, ids) in expected {
                #expect(try self.ids(try api.ask("GET", "/v1/jobs?\(query)")) == ids, "\(query)")
            }
            #expect(!(try api.ask("GET", "/v1/jobs").text.contains("secret")))
        }
    }

    @Test func `a page token that was changed or belongs elsewhere is refused`() async throws {
        try await withAPI { api in
            for _ in 0..<3 { _ = try api.enqueue() }
            let token = try #require(try api.ask("GET", "/v1/jobs?page_size=1").string("next_page_token"))
            #expect(try api.ask("GET", "/v1/jobs?page_token=\(token)").status == 200)
            var changed = [token + "00", String(token.dropLast(2)), token.uppercased(), String(token.dropFirst(2))]
            for place in stride(from: 0, to: token.count, by: 3) {
                var bytes = Array(token.utf8)
                bytes[place] = bytes[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
                changed.append(String(decoding: bytes, as: UTF8.self))
            }
            let paths = changed.filter { $0 != token }.map { "/v1/jobs?page_token=\($0)" }
            let elsewhere = [
                "/v1/jobs?kind=noop&page_token=\(token)", "/v1/jobs?state=available&page_token=\(token)",
                "/v1/schedules?page_token=\(token)",
            ]
            for path in paths + elsewhere {
                let answer = try api.ask("GET", path)
                #expect(answer.status == 400, "\(path)")
                #expect(try answer.problem == "invalid-page-token")
            }
        }
    }

    @Test func `a job that waits is cancelled at once, and again`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            for _ in 0..<2 {
                let answer = try api.ask("POST", "/v1/jobs/\(id):cancel", #"{"reason":"no \"need\""}"#)
                #expect(answer.status == 200)
                #expect(try answer.string("state") == "cancelled")
            }
            let job = try api.ask("GET", "/v1/jobs/\(id)")
            #expect(try job.string("state") == "cancelled")
            #expect(try job.string("error") == #"cancelled by test: no "need""#)
        }
    }

    @Test func `a job that runs is told to stop, and then it is too late for others`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            try api.working { session, worker in
                let job = try #require(try api.claim(session, worker).first)
                for _ in 0..<2 {
                    let answer = try api.ask("POST", "/v1/jobs/\(id):cancel")
                    #expect(answer.status == 202)
                    #expect(try answer.string("state") == "cancelling")
                }
                #expect(try api.ask("GET", "/v1/jobs/\(id)").string("cancel_requested_at") != nil)
                #expect(try api.ask("POST", "/v1/jobs/\(id):retry").status == 409)
                #expect(try session.cancelRequests(worker: worker).map(\.id) == [job.id])
            }
        }
    }

    @Test func `a job that is done can be neither cancelled nor retried`() async throws {
        try await withAPI { api in
            let id = try api.enqueue()
            try api.working { session, worker in
                let jobs = try api.claim(session, worker)
                _ = try session.settle(jobs.map { SettleEntry($0, .complete, startedAgo: .zero) }, worker: worker)
            }
            for verb in ["cancel", "retry"] {
                let answer = try api.ask("POST", "/v1/jobs/\(id):\(verb)")
                #expect(answer.status == 409)
                #expect(try answer.problem == "job-state")
                #expect(try answer.string("state") == "completed")
                let allowed = try #require(try answer.json.member("allowed_states")).elements.compactMap(\.string)
                #expect(allowed.contains("available") && !allowed.contains("completed"))
            }
        }
    }

    @Test func `a retry brings a job back, also twice, and wakes its queue`() async throws {
        try await withAPI { api in
            let id = try api.enqueue(#"{"kind":"noop","queue":"mail","delay_seconds":3600}"#)
            for _ in 0..<2 {
                let answer = try api.ask("POST", "/v1/jobs/\(id):retry", "{}")
                #expect(answer.status == 200)
                #expect(try answer.string("state") == "available")
            }
            #expect(try api.ask("GET", "/v1/jobs/\(id)").string("state") == "available")
            #expect(api.signals.all.contains(["mail"]))
        }
    }
}

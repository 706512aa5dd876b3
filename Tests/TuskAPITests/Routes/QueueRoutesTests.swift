import TestSupport
import Testing
import TuskCore

struct QueueRoutesTests {
    private func queue(_ name: String, _ api: APIFixture) throws -> JSONValue? {
        let answer = try api.ask("GET", "/v1/queues")
        #expect(answer.status == 200)
        return try answer.json.member("queues")?.elements.first { $0.member("name")?.string == name }
    }

    @Test func `jobs of a queue age when it says so, and it says why they wait`() async throws {
        try await withAPI { api in
            let set = try api.ask("PUT", "/v1/queues/mail", #"{"ageing_seconds":300}"#)
            #expect(set.text == #"{"name":"mail","ageing_seconds":300}"#)
            #expect(try queue("mail", api)?.member("ageing_seconds")?.int64 == 300)
            let none = try api.ask("PUT", "/v1/queues/mail", "{}")
            #expect(none.text == #"{"name":"mail","ageing_seconds":null}"#)
            for (body, field) in [(#"{"ageing_seconds":0.5}"#, "ageing_seconds"), (#"{"ageing":3}"#, "ageing")] {
                let refused = try api.ask("PUT", "/v1/queues/mail", body)
                #expect(refused.status == 422 && refused.text.contains("\"#/\(field)\""), "\(refused.text)")
            }
            #expect(try api.ask("PUT", "/v1/queues/a%20b", "{}").status == 400)
            _ = try api.enqueue(#"{"kind":"noop","queue":"mail"}"#)
            let why = try api.ask("GET", "/v1/queues/mail/explain").json
            #expect(why.member("queue")?.string == "mail" && why.member("runnable")?.bool == false)
            let reason = why.member("reasons")?.elements.first { _ in true }
            #expect(reason?.member("message")?.string == "1 job: no live worker serves queue mail")
        }
    }

    @Test func `a queue tells how much is in it`() async throws {
        try await withAPI { api in
            for _ in 0..<3 { _ = try api.enqueue(#"{"kind":"noop","queue":"mail"}"#) }
            _ = try api.enqueue(#"{"kind":"noop","queue":"mail","delay_seconds":60}"#)
            let mail = try #require(try queue("mail", api))
            #expect(mail.member("available")?.int64 == 3)
            #expect(mail.member("scheduled")?.int64 == 1)
            #expect(mail.member("running")?.int64 == 0)
            #expect(mail.member("paused")?.bool == false)
            #expect(mail.member("pause") == nil)
            #expect(try #require(mail.member("oldest_wait_seconds")?.double) >= 0)
        }
    }

    @Test func `a queue is paused with a reason until it is resumed, or for a time`() async throws {
        try await withAPI { api in
            let first = try api.ask("POST", "/v1/queues/mail:pause", #"{"reason":"smtp is down"}"#)
            #expect(first.status == 200)
            #expect(try first.json.member("paused")?.bool == true)
            let second = try api.ask("POST", "/v1/queues/mail:pause")
            #expect(try second.json.member("pause")?.member("reason") == nil, "the newest counts")
            let body = #"{"reason":"smtp is down","for_seconds":600}"#
            #expect(try api.ask("POST", "/v1/queues/mail:pause", body).status == 200)
            let pause = try #require(try queue("mail", api)?.member("pause"))
            #expect(pause.member("reason")?.string == "smtp is down")
            #expect(pause.member("by")?.string == "test")
            #expect(pause.member("until")?.string != nil)
            let wrong = [
                ("until", #"{"until":"2001-01-01T00:00:00Z"}"#), ("until", #"{"until":"soon"}"#),
                ("for_seconds", #"{"for_seconds":0}"#), ("for_seconds", #"{"for_seconds":"10"}"#),
                ("for_seconds", #"{"until":"2199-01-01T00:00:00Z","for_seconds":1}"#), ("for", #"{"for":1}"#),
            ]
            for (field, body) in wrong {
                let refused = try api.ask("POST", "/v1/queues/mail:pause", body)
                #expect(refused.status == 422 && refused.text.contains("\"#/\(field)\""), "\(body): \(refused.text)")
            }
            for _ in 0..<2 {
                let resumed = try api.ask("POST", "/v1/queues/mail:resume")
                #expect(resumed.status == 200)
                #expect(try resumed.json.member("paused")?.bool == false)
            }
            #expect(api.signals.all == [["mail"]])
        }
    }

    @Test func `the workers that live are listed`() async throws {
        try await withAPI { api in
            #expect(try api.ask("GET", "/v1/workers").text == #"{"workers":[]}"#)
            try api.working { _, worker in
                let workers = try #require(try api.ask("GET", "/v1/workers").json.member("workers"))
                let only = try #require(workers.elements.first { _ in true })
                #expect(only.member("id")?.string == worker.description)
                #expect(only.member("state")?.string == "live")
                #expect(only.member("slots")?.int64 == 4)
                #expect(only.member("kinds")?.elements.compactMap(\.string) == ["noop"])
            }
        }
    }
}

import TestSupport
import Testing
import TuskHTTP

@testable import TuskAPI

struct PreconditionsTests {
    private static let daily = #"{"cron":"30 6 * * *","job":{"kind":"report"}}"#
    private static let weekly = #"{"cron":"30 6 * * 1","job":{"kind":"report"}}"#
    private static let path = "/v1/schedules/daily"

    @Test func `what has not changed is not sent again, and what has is`() async throws {
        try await withAPI { api in
            let job = try api.enqueue(#"{"kind":"noop","delay_seconds":3600}"#)
            _ = try api.ask("PUT", Self.path, Self.daily)
            for (path, change) in [("/v1/jobs/\(job)", "/v1/jobs/\(job):retry"), (Self.path, "\(Self.path):pause")] {
                let whole = try api.ask("GET", path)
                let tag = try #require(whole["etag"])
                #expect(tag.hasPrefix("\"") && tag.hasSuffix(whole.tag.dropFirst()))
                for field in [tag, "W/\(tag)", "\"a,b\" , \(tag)", "*", "\"x\",,\(tag),"] {
                    let answer = try api.ask("GET", path, headers: [("If-None-Match", field)])
                    #expect(answer.status == 304 && answer.body.isEmpty && answer["etag"] == tag, "\(path): \(field)")
                }
                #expect(try api.ask("GET", path, headers: [("If-None-Match", "\"x\"")]).body == whole.body)
                #expect(try api.ask("GET", path, headers: [("If-Match", "\"x\"")]).status == 412)
                #expect(try api.ask("POST", change).status == 200)
                let later = try api.ask("GET", path, headers: [("If-None-Match", tag)])
                #expect(later.status == 200 && later["etag"] != tag)
                #expect(later["etag"]?.hasSuffix(later.tag.dropFirst()) == true)
            }
        }
    }

    @Test func `a job with its attempts has another tag than without`() async throws {
        try await withAPI { api in
            let job = try api.enqueue()
            let tags = try ["", "?include=attempts", "?include=logs"].map {
                try #require(try api.ask("GET", "/v1/jobs/\(job)\($0)")["etag"])
            }
            #expect(Set(tags).count == 3)
        }
    }

    @Test func `a schedule is replaced and removed only as it was read`() async throws {
        try await withAPI { api in
            let missing = try api.ask("PUT", Self.path, Self.daily, headers: [("If-Match", "*")])
            #expect(missing.status == 412)
            #expect(try missing.problem == "precondition-failed")
            let only = [("If-None-Match", "*")]
            #expect(try api.ask("PUT", Self.path, Self.daily, headers: only).status == 201)
            #expect(try api.ask("PUT", Self.path, Self.weekly, headers: only).status == 412)
            let tag = try #require(try api.ask("GET", Self.path)["etag"])
            #expect(try api.ask("PUT", Self.path, Self.weekly, headers: [("If-Match", "W/\(tag)")]).status == 412)
            #expect(try api.ask("PUT", Self.path, Self.weekly, headers: [("If-Match", tag)]).status == 200)
            #expect(try api.ask("PUT", Self.path, Self.daily, headers: [("If-Match", tag)]).status == 412)
            #expect(try api.ask("DELETE", Self.path, headers: [("If-Match", tag)]).status == 412)
            let stored = try api.ask("GET", Self.path)
            #expect(try stored.string("cron") == "30 6 * * 1")
            // Nothing that was refused is written down.
            #expect(try api.database.number("select count(*) from tusk.audit where target_kind = 'schedule'") == 2)
            let now = try #require(stored["etag"])
            #expect(try api.ask("DELETE", Self.path, headers: [("If-Match", "\"x\", \(now)")]).status == 204)
            #expect(try api.ask("DELETE", Self.path, headers: [("If-Match", "*")]).status == 412)
        }
    }

    @Test func `what the scheduler does in between refuses nobody, and what people do does`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", Self.path, Self.daily)
            var tag = try #require(try api.ask("GET", Self.path)["etag"])
            let tick = """
                update tusk.schedule set
                    next_tick_at = now() + interval '90 s', last_tick_at = now(), last_job_id = 1024, due_at = now(),
                    fault = 'none of the people''s'
                """
            try api.database.script(tick)
            let ticked = try api.ask("GET", Self.path, headers: [("If-None-Match", tag)])
            #expect(ticked.status == 200 && ticked.text.contains("last_tick_at"), "a reader sees the ticks")
            #expect(try api.ask("PUT", Self.path, Self.weekly, headers: [("If-Match", tag)]).status == 200)
            for change in ["pause", "resume"] {
                tag = try #require(try api.ask("GET", Self.path)["etag"])
                #expect(try api.ask("POST", "\(Self.path):\(change)").status == 200)
                #expect(try api.ask("DELETE", Self.path, headers: [("If-Match", tag)]).status == 412, "\(change)")
            }
            // One of the same name and revision, which is another.
            try api.database.script("update tusk.schedule set revision = 1")
            tag = try #require(try api.ask("GET", Self.path)["etag"])
            #expect(try api.ask("DELETE", Self.path).status == 204)
            #expect(try api.ask("PUT", Self.path, Self.weekly).status == 201)
            #expect(try api.ask("PUT", Self.path, Self.daily, headers: [("If-Match", tag)]).status == 412)
            tag = try #require(try api.ask("GET", Self.path)["etag"])
            try api.database.script(tick)
            #expect(try api.ask("DELETE", Self.path, headers: [("If-Match", tag)]).status == 204)
        }
    }

    @Test func `of many who replace what they all have read, one does`() async throws {
        try await withAPI { api in
            for round in 0..<5 {
                _ = try api.ask("PUT", Self.path, Self.daily)
                let tag = try #require(try api.ask("GET", Self.path)["etag"])
                // All are under way before the first answer is read.
                var clients: [TestClient] = []
                for number in 0..<8 {
                    let body = Self.daily.replacing("30 6", with: "\(number) 7")
                    let client = try TestClient(api.address)
                    try client.send(api.request("PUT", Self.path, body, headers: [("If-Match", tag)]).bytes)
                    clients.append(client)
                }
                let sorted = try clients.map { try $0.answer().status }.sorted()
                #expect(sorted == [200] + Array(repeating: 412, count: 7), "round \(round)")
            }
        }
    }

    @Test(arguments: ["x", "\"x", "W/x", "\"a\" \"b\"", "w/\"a\"", "", ",", "*, \"a\"", "\"a b\""])
    func `a malformed precondition is refused with the name of its header`(_ field: String) async throws {
        try await withAPI { api in
            for name in ["If-Match", "If-None-Match"] {
                for (method, body) in [("GET", nil), ("PUT", Self.daily), ("DELETE", nil)] {
                    let answer = try api.ask(method, Self.path, body, headers: [(name, field)])
                    #expect(answer.status == 400, "\(method) \(name)")
                    #expect(answer.text.contains("\"header\":\"\(name)\""), "\(method) \(name): \(answer.text)")
                }
            }
            #expect(try api.database.number("select count(*) from tusk.schedule") == 0)
        }
    }
}

extension TestAnswer {
    /// The tag that its body should have.
    fileprivate var tag: String { Preconditions.tag(of: body) }
}

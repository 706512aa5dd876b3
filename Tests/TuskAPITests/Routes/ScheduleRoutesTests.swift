import TestSupport
import Testing
import TuskCore

struct ScheduleRoutesTests {
    private let daily = #"{"cron":"30 6 * * *","time_zone":"Europe/Rome","job":{"kind":"report","args":{"n":1}}}"#

    @Test func `a schedule is created, replaced, read and removed`() async throws {
        try await withAPI { api in
            let created = try api.ask("PUT", "/v1/schedules/daily", daily)
            #expect(created.status == 201)
            #expect(try created.string("name") == "daily")
            #expect(try created.string("cron") == "30 6 * * *")
            #expect(try created.string("time_zone") == "Europe/Rome")
            #expect(try created.json.member("job")?.member("kind")?.string == "report")
            let next = try #require(try created.string("next_tick_at").flatMap(Timestamp.init(rfc3339:)))
            let now = try api.database.number("select extract(epoch from now()) * 1000000")
            #expect(next.microseconds > now && next.microseconds <= now + 86_400_000_000)
            let replaced = try api.ask("PUT", "/v1/schedules/daily", #"{"cron":"0 7 * * *","job":{"kind":"report"}}"#)
            #expect(replaced.status == 200)
            #expect(try replaced.string("time_zone") == "UTC")
            #expect(try api.ask("GET", "/v1/schedules/daily").body == replaced.body)
            let ticks = try api.ask("GET", "/v1/schedules/daily/ticks")
            #expect(ticks.text == #"{"ticks":[]}"#)
            let removed = try api.ask("DELETE", "/v1/schedules/daily")
            #expect(removed.status == 204 && removed.body.isEmpty)
            #expect(try api.ask("DELETE", "/v1/schedules/daily").status == 404)
            #expect(try api.ask("GET", "/v1/schedules/daily").status == 404)
        }
    }

    @Test func `what became of each tick is listed`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", "/v1/schedules/daily", daily)
            try api.database.script(
                """
                insert into tusk.tick (schedule, planned_at, planned_until, ticks, recorded_at, outcome)
                values ('daily', '2026-01-02 03:04:05+00', '2026-01-04 03:04:05+00', 3, now(), 'missed')
                """
            )
            let ticks = try #require(try api.ask("GET", "/v1/schedules/daily/ticks").json.member("ticks"))
            let only = try #require(ticks.elements.first { _ in true })
            #expect(only.member("planned_at")?.string == "2026-01-02T03:04:05.000000Z")
            #expect(only.member("planned_until")?.string == "2026-01-04T03:04:05.000000Z")
            #expect(only.member("count")?.int64 == 3)
            #expect(only.member("outcome")?.string == "missed")
        }
    }

    @Test func `pages go through all schedules by name`() async throws {
        try await withAPI { api in
            for name in ["c", "a", "e", "b", "d"] { _ = try api.ask("PUT", "/v1/schedules/\(name)", daily) }
            var names: [String] = []
            var path = "/v1/schedules?page_size=2"
            while true {
                let answer = try api.ask("GET", path)
                let page = try #require(try answer.json.member("schedules"))
                names += page.elements.compactMap { $0.member("name")?.string }
                guard let token = try answer.string("next_page_token") else { break }
                path = "/v1/schedules?page_size=2&page_token=\(token)"
            }
            #expect(names == ["a", "b", "c", "d", "e"])
        }
    }

    static let refusals: [(String, String)] = [
        (#"{"job":{"kind":"a"}}"#, "#/cron"), (#"{"cron":"* * * *","job":{"kind":"a"}}"#, "#/cron"),
        (#"{"cron":"60 * * * *","job":{"kind":"a"}}"#, "#/cron"),
        (#"{"cron":"0 0 30 2 *","job":{"kind":"a"}}"#, "#/cron"),
        (#"{"cron":"* * * * *"}"#, "#/job"), (#"{"cron":"* * * * *","job":{"kind":"a b"}}"#, "#/job/kind"),
        (#"{"cron":"* * * * *","job":{"kind":"a"},"time_zone":"Mars/Base"}"#, "#/time_zone"),
        (#"{"cron":"* * * * *","job":{"kind":"a"},"time_zone":"../../etc/passwd"}"#, "#/time_zone"),
        (#"{"cron":"* * * * *","job":{"kind":"a","run_at":"2030-01-01T00:00:00Z"}}"#, "#/job/run_at"),
        (#"{"cron":"* * * * *","job":{"kind":"a"},"paused":true}"#, "#/paused"), ("[]", "#"),
    ]

    @Test func `a schedule that cannot be kept is refused`() async throws {
        try await withAPI { api in
            for (body, pointer) in Self.refusals {
                let answer = try api.ask("PUT", "/v1/schedules/x", body)
                #expect(answer.status == 422, "\(body): \(answer.text)")
                #expect(try answer.pointers == [pointer], "\(body)")
            }
            #expect(try api.ask("PUT", "/v1/schedules/x", "{").status == 400)
            #expect(try api.ask("PUT", "/v1/schedules/a%20b", daily).status == 400)
            #expect(try api.ask("GET", "/v1/schedules").text == #"{"schedules":[]}"#)
        }
    }
}

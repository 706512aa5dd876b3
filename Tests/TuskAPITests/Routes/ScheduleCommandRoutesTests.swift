import TestSupport
import Testing
import TuskCore

struct ScheduleCommandRoutesTests {
    private let path = "/v1/schedules/nightly"
    private let nightly =
        #"{"cron":"0 9 * * MON-FRI","time_zone":"Europe/Rome","job":{"kind":"report","queue":"slow"}}"#

    @Test func `policies and jitter are kept and shown`() async throws {
        try await withAPI { api in
            let body =
                #"{"cron":"@every 90s","job":{"kind":"a"},"jitter_seconds":2.5,"overlap":"queue_one","#
                + #""catch_up":"all","catch_up_max":7,"catch_up_window_seconds":3600}"#
            let answer = try api.ask("PUT", path, body)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try answer.json.member("jitter_seconds")?.double == 2.5)
            #expect(try answer.string("overlap") == "queue_one")
            #expect(try answer.string("catch_up") == "all")
            #expect(try answer.json.member("catch_up_max")?.int64 == 7)
            #expect(try answer.json.member("catch_up_window_seconds")?.double == 3600)
            #expect(try answer.json.member("paused")?.bool == false)
            #expect(try answer.json.member("fault") == nil)
        }
    }

    @Test func `the same rule keeps its place in time, another one starts anew`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", path, nightly)
            try api.database.script("update tusk.schedule set next_tick_at = '2020-01-01 00:00:00+00'")
            let same = try api.ask("PUT", path, nightly)
            #expect(try same.string("next_tick_at") == "2020-01-01T00:00:00.000000Z")
            let other = try api.ask("PUT", path, #"{"cron":"1 9 * * *","job":{"kind":"report"}}"#)
            #expect(try #require(try other.string("next_tick_at")) > "2026")
            // What the old rule had planned and nobody fired has its outcome.
            let ticks = try #require(try api.ask("GET", path + "/ticks").json.member("ticks"))
            let only = try #require(ticks.elements.first { _ in true })
            #expect(only.member("planned_at")?.string == "2020-01-01T00:00:00.000000Z")
            #expect(only.member("outcome")?.string == "missed")
        }
    }

    @Test func `a pause says who, when and why, and keeps its first reason until it is lifted`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", path, nightly)
            let first = try api.ask("POST", path + ":pause", #"{"reason":"stocktaking"}"#)
            #expect(first.status == 200)
            #expect(try api.ask("POST", path + ":pause").body == first.body)
            let pause = try #require(try first.json.member("pause"))
            #expect(pause.member("by")?.string == "test" && pause.member("reason")?.string == "stocktaking")
            #expect(pause.member("at")?.string != nil)
            // Replacing it does not lift the pause.
            #expect(try api.ask("PUT", path, nightly).json.member("paused")?.bool == true)
            for _ in 0..<2 {
                let resumed = try api.ask("POST", path + ":resume")
                #expect(resumed.status == 200)
                #expect(try resumed.json.member("paused")?.bool == false)
            }
            for verb in ["pause", "resume", "trigger"] {
                let missing = try api.ask("POST", "/v1/schedules/none:\(verb)")
                #expect(missing.status == 404, "\(verb): \(missing.text)")
                #expect(try api.ask("POST", path + ":\(verb)", #"{"who":1}"#).status == 422)
            }
        }
    }

    @Test func `a fault is shown, and put right by the next version`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", path, nightly)
            try api.database.script("update tusk.schedule set fault = 'time_zone is gone'")
            #expect(try api.ask("GET", path).string("fault") == "time_zone is gone")
            #expect(try api.ask("GET", "/v1/schedules").text.contains(#""fault":"time_zone is gone""#))
            #expect(try api.ask("PUT", path, nightly).string("fault") == nil)
        }
    }

    @Test func `a run by hand enqueues the job, wakes its queue and is in the ledger`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", path, nightly)
            _ = try api.ask("POST", path + ":pause")
            let run = try api.ask("POST", path + ":trigger")
            #expect(run.status == 201, "\(run.text)")
            let id = try #require(try run.string("job_id"))
            let job = try api.ask("GET", "/v1/jobs/\(id)")
            #expect(try job.string("kind") == "report")
            #expect(api.signals.all == [["slow"]])
            let ticks = try #require(try api.ask("GET", path + "/ticks").json.member("ticks"))
            let only = try #require(ticks.elements.first { _ in true })
            #expect(only.member("requested_by")?.string == "test" && only.member("job_id")?.string == id)
        }
    }

    @Test func `a preview has words and times`() async throws {
        try await withAPI { api in
            _ = try api.ask("PUT", path, nightly)
            let stored = try api.ask("GET", path + "/preview?count=3")
            #expect(try stored.string("words") == "every weekday at 09:00")
            #expect(try stored.json.member("ticks")?.elements.reduce(0) { count, _ in count + 1 } == 3)
            let rule = try api.ask("POST", "/v1/schedules:preview", #"{"cron":"0 0 L * *","count":2}"#)
            #expect(rule.status == 200, "\(rule.text)")
            #expect(try rule.string("words") == "on the last day of the month at 00:00")
            for count in ["0", "1001", "x", ""] {
                #expect(try api.ask("GET", path + "/preview?count=\(count)").status == 400, "\(count)")
            }
            #expect(try api.ask("GET", "/v1/schedules/none/preview").status == 404)
            for (body, pointer) in [
                (#"{"cron":"0 0 30 2 *"}"#, "#/cron"), (#"{"cron":"@daily","time_zone":"Mars"}"#, "#/time_zone"),
                (#"{"cron":"@daily","count":0}"#, "#/count"), ("{}", "#/cron"),
            ] {
                let refused = try api.ask("POST", "/v1/schedules:preview", body)
                #expect(refused.status == 422)
                #expect(try refused.pointers == [pointer])
            }
        }
    }
}

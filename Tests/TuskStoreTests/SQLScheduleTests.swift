import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// `tusk.put_schedule` takes what the HTTP API takes and refuses what it refuses; cron and zone are read later.
@Suite struct SQLScheduleTests {
    @Test(arguments: [
        ("'a b', '@daily', '{\"kind\":\"k\"}'", "name"), ("null, '@daily', '{\"kind\":\"k\"}'", "name"),
        ("'a', null, '{\"kind\":\"k\"}'", "cron"), ("'a', '', '{\"kind\":\"k\"}'", "cron"),
        ("'a', '* * * *', '{\"kind\":\"k\"}'", "cron"), ("'a', '* * * * * * *', '{\"kind\":\"k\"}'", "cron"),
        ("'a', '@daily', null", "job"), ("'a', '@daily', '[]'", "job"), ("'a', '@daily', '{}'", "kind"),
        ("'a', '@daily', '{\"kind\":\"k\",\"kind\":\"j\"}'", "job"),
        ("'a', '@daily', '{\"kind\":\"k\",\"priority\":10}'", "priority"),
        ("'a', '@daily', '{\"kind\":\"k\",\"other\":1}'", "other"),
        ("'a', '@daily', '{\"kind\":\"k\",\"run_at\":\"2030-01-01T00:00:00Z\"}'", "run_at"),
        ("'a', '@daily', '{\"kind\":\"k\",\"idempotency_key\":\"x\"}'", "idempotency_key"),
        ("'a', '@daily', '{\"kind\":\"k\"}', time_zone => '../x'", "time_zone"),
        ("'a', '@daily', '{\"kind\":\"k\"}', jitter => '-1 s'", "jitter_seconds"),
        ("'a', '@daily', '{\"kind\":\"k\"}', jitter => '25 h'", "jitter_seconds"),
        ("'a', '@daily', '{\"kind\":\"k\"}', overlap => 'maybe'", "overlap"),
        ("'a', '@daily', '{\"kind\":\"k\"}', catch_up => 'some'", "catch_up"),
        ("'a', '@daily', '{\"kind\":\"k\"}', catch_up_max => 5", "catch_up_max"),
        ("'a', '@daily', '{\"kind\":\"k\"}', catch_up => 'all', catch_up_max => 0", "catch_up_max"),
        ("'a', '@daily', '{\"kind\":\"k\"}', catch_up_window => '0 s'", "catch_up_window_seconds"),
        (
            "'a', '@daily', '{\"kind\":\"k\"}', catch_up => 'skip', catch_up_window => '5 s'",
            "catch_up_window_seconds"
        ),
    ])
    func `what is wrong is named, and nothing is stored`(arguments: String, field: String) async throws {
        try await withStore { store in
            let error = #expect(throws: PostgresError.self) {
                try store.database.script("select tusk.put_schedule(\(arguments))")
            }
            let message = "\(try #require(error))"
            #expect(message.contains(field), "\(arguments)")
            #expect(try store.database.number("select count(*) from tusk.schedule") == 0)
            #expect(try store.database.number("select count(*) from tusk.job") == 0)
        }
    }

    @Test func `a schedule is put, paused, run, resumed and removed`() async throws {
        try await withStore { store in
            let job = #"{"kind":"k","queue":"slow","args":{"a":1.50}}"#
            let put =
                "select tusk.put_schedule('a', ' @every  5m ', '\(job)', 'Europe/Rome', '10 s', 'skip', 'all')::text"
            #expect(try store.database.texts(put) == ["true"])
            #expect(try store.database.texts(put) == ["false"])
            let record = try #require(try store.session.schedule("a"))
            #expect(record.cron == "@every 5m" && record.jitter == .seconds(10) && record.overlap == .skip)
            #expect(record.catchUp == .all(max: CatchUpPolicy.maxDefault, window: nil))
            #expect(record.nextTickAt == nil)
            #expect(try store.database.texts("select tusk.pause_schedule('a', 'anna', 'why')::text") == ["true"])
            #expect(try store.session.schedule("a")?.pause?.by == "anna")
            #expect(try store.database.number("select tusk.run_schedule('a')") > 0)
            #expect(try store.database.texts("select args::text from tusk.job") == [#"{"a":1.50}"#])
            #expect(try store.database.texts("select tusk.resume_schedule('a')::text") == ["true"])
            #expect(try store.database.texts("select tusk.remove_schedule('a')::text") == ["true"])
            #expect(try store.database.texts("select tusk.remove_schedule('a')::text") == ["false"])
            #expect(try store.database.texts("select (tusk.run_schedule('a') is null)::text") == ["true"])
        }
    }

    @Test func `what the HTTP API stores passes the rules of the tables`() async throws {
        try await withStore { store in
            for catchUp in [
                #""skip""#, #""one", "catch_up_window_seconds": 31622400"#, #""all", "catch_up_max": 1000"#,
            ] {
                let text =
                    #"{"cron": "@daily", "job": {"kind": "k"}, "jitter_seconds": 86400, "catch_up": \#(catchUp)}"#
                let document = try JSONDocument(validating: Array(text.utf8), limits: .body)
                let schedule = try NewSchedule(name: "a", json: document.root)
                _ = try store.session.put(schedule, by: "test")
                #expect(try store.session.schedule("a")?.catchUp == schedule.catchUp)
            }
        }
    }
}

import Testing
import TuskCore
import TuskStore

struct NewScheduleTests {
    private func read(_ text: String, name: String = "nightly") throws -> NewSchedule {
        let document = try JSONDocument(validating: Array(text.utf8), limits: .body)
        return try NewSchedule(name: name, json: document.root)
    }

    private func problems(_ text: String, name: String = "nightly") throws -> [String] {
        do {
            _ = try read(text, name: name)
            return []
        } catch let error as ValidationError {
            return error.problems.map { "\($0.pointer) \($0.code)" }
        }
    }

    @Test func `a schedule has a rule, a zone and a job`() throws {
        let text = #"{"cron": "0 6 * * *", "time_zone": "Europe/Rome", "job": {"kind": "report", "queue": "slow"}}"#
        let schedule = try read(text)
        #expect(schedule.name == "nightly")
        #expect(schedule.cron.text == "0 6 * * *")
        #expect(schedule.timeZone == "Europe/Rome")
        #expect(schedule.job.kind.text == "report")
        let noon = try #require(Timestamp(rfc3339: "2026-07-01T12:00:00Z"))
        #expect(schedule.firstTick(after: noon)?.plannedAt.rfc3339Text.hasPrefix("2026-07-02T04:00:00") == true)
    }

    @Test func `without a zone the rule is read in UTC`() throws {
        let schedule = try read(#"{"cron": "@daily", "job": {"kind": "report"}}"#)
        #expect(schedule.timeZone == "UTC")
    }

    @Test func `the job that is stored reads as the same job`() throws {
        let text = #"{"cron": "@daily", "job": {"kind": "report", "args": {"a": 1}, "priority": 2, "tags": ["x"]}}"#
        let job = try read(text).job
        #expect(try NewJob(json: JSONDocument(validating: job.json.bytes, limits: .body).root) == job)
    }

    @Test func `without a word nothing is put off, overlaps are allowed and the last tick catches up`() throws {
        let schedule = try read(#"{"cron": "@daily", "job": {"kind": "report"}}"#)
        #expect(schedule.jitter == .zero && schedule.overlap == .allow && schedule.catchUp == .one(window: nil))
    }

    @Test func `jitter and policies are read`() throws {
        let schedule = try read(
            #"{"cron": "@every 5m", "job": {"kind": "a"}, "jitter_seconds": 2.5, "overlap": "queue_one", "#
                + #""catch_up": "all", "catch_up_max": 7, "catch_up_window_seconds": 3600}"#
        )
        #expect(schedule.jitter == .milliseconds(2500) && schedule.overlap == .queueOne)
        #expect(schedule.catchUp == .all(max: 7, window: .seconds(3600)))
        let all = try read(#"{"cron": "@daily", "job": {"kind": "a"}, "catch_up": "all"}"#)
        #expect(all.catchUp == .all(max: CatchUpPolicy.maxDefault, window: nil))
    }

    @Test(arguments: [
        (#""jitter_seconds": -1"#, "#/jitter_seconds out_of_range"),
        (#""jitter_seconds": 86401"#, "#/jitter_seconds out_of_range"),
        (#""jitter_seconds": "5s""#, "#/jitter_seconds wrong_type"),
        (#""overlap": "maybe""#, "#/overlap unknown_value"), (#""overlap": 1"#, "#/overlap wrong_type"),
        (#""catch_up": "some""#, "#/catch_up unknown_value"), (#""catch_up": true"#, "#/catch_up wrong_type"),
        (#""catch_up_max": 5"#, "#/catch_up_max conflicting_fields"),
        (#""catch_up": "all", "catch_up_max": 0"#, "#/catch_up_max out_of_range"),
        (#""catch_up": "all", "catch_up_max": 1001"#, "#/catch_up_max out_of_range"),
        (#""catch_up_window_seconds": 0.5"#, "#/catch_up_window_seconds out_of_range"),
        (#""catch_up": "skip", "catch_up_window_seconds": 5"#, "#/catch_up_window_seconds conflicting_fields"),
    ])
    func `a policy that is none is named`(member: String, problem: String) throws {
        #expect(try problems(#"{"cron": "@daily", "job": {"kind": "a"}, \#(member)}"#) == [problem])
    }

    @Test(arguments: [
        ("{}", ["#/cron required", "#/job required"]),
        ("[]", ["# wrong_type"]),
        (
            #"{"cron": 5, "time_zone": 5, "job": 5}"#,
            ["#/cron wrong_type", "#/time_zone wrong_type", "#/job wrong_type"]
        ),
        (#"{"cron": "61 * * * *", "job": {"kind": "a"}}"#, ["#/cron unknown_value"]),
        (#"{"cron": "0 0 30 2 *", "job": {"kind": "a"}}"#, ["#/cron unknown_value"]),
        (#"{"cron": "@daily", "time_zone": "Mars", "job": {"kind": "a"}}"#, ["#/time_zone unknown_value"]),
        (#"{"cron": "@daily", "time_zone": "../x", "job": {"kind": "a"}}"#, ["#/time_zone unknown_value"]),
        (
            #"{"cron": "@daily", "job": {"kind": "a", "run_at": "2030-01-01T00:00:00Z"}}"#,
            ["#/job/run_at conflicting_fields"]
        ),
        (#"{"cron": "@daily", "job": {"kind": "a", "delay_seconds": 0}}"#, ["#/job/delay_seconds conflicting_fields"]),
        (#"{"cron": "@daily", "job": {"priority": 77}}"#, ["#/job/kind required", "#/job/priority out_of_range"]),
        (#"{"cron": "@daily", "zone": "UTC", "job": {"kind": "a"}}"#, ["#/zone unknown_field"]),
    ])
    func `what is wrong is named field by field`(text: String, expected: [String]) throws {
        #expect(try problems(text).sorted() == expected.sorted())
    }

    @Test(arguments: ["", "a b", "a/b", String(repeating: "x", count: 129)])
    func `a schedule is called as queues are`(name: String) throws {
        #expect(try problems(#"{"cron": "@daily", "job": {"kind": "a"}}"#, name: name) == ["#/name invalid_name"])
    }
}

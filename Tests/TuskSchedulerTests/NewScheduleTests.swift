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
        #expect(schedule.firstTick(after: noon)?.rfc3339Text.hasPrefix("2026-07-02T04:00:00") == true)
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

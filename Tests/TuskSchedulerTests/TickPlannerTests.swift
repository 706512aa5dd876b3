import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

struct TickPlannerTests {
    private func moment(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text), "\(text)")
    }

    private func plan(_ cron: String, zone: String = "UTC", planned: String, now: String) throws -> TickPlan? {
        let rules = try TimeZoneLoader.system.rules(for: zone)
        return TickPlanner.plan(
            try CronExpression(cron),
            in: rules,
            planned: try moment(planned),
            now: try moment(now)
        )
    }

    @Test(arguments: [
        // cron, planned, now, fired, missed, next
        ("* * * * *", "00:01:00Z", "00:01:00Z", "00:01:00Z", [], "00:02:00Z"),
        ("* * * * *", "00:01:00Z", "00:01:59.999999Z", "00:01:00Z", [], "00:02:00Z"),
        ("* * * * *", "00:01:00Z", "00:02:00Z", "00:02:00Z", ["00:01:00Z"], "00:03:00Z"),
        ("* * * * *", "00:01:00Z", "00:04:30Z", "00:04:00Z", ["00:01:00Z", "00:02:00Z", "00:03:00Z"], "00:05:00Z"),
        ("*/15 * * * *", "00:00:00Z", "00:50:00Z", "00:45:00Z", ["00:00:00Z", "00:15:00Z", "00:30:00Z"], "01:00:00Z"),
        // A planned time that the expression does not have, because somebody changed the row by hand, counts as it is.
        ("0 * * * *", "00:07:00Z", "00:20:00Z", "00:07:00Z", [], "01:00:00Z"),
    ])
    func `the last planned time fires and those before it are missed`(
        cron: String,
        planned: String,
        now: String,
        fired: String,
        missed: [String],
        next: String
    ) throws {
        let day = "2026-03-01T"
        let plan = try #require(try plan(cron, planned: day + planned, now: day + now))
        #expect(plan.fired == (try moment(day + fired)))
        #expect(plan.missed == (try missed.map { try moment(day + $0) }))
        #expect(plan.next == (try moment(day + next)))
    }

    @Test func `nothing is planned before its time`() throws {
        let plan = try plan("* * * * *", planned: "2026-03-01T00:01:00Z", now: "2026-03-01T00:00:59.999999Z")
        #expect(plan == nil)
    }

    @Test(arguments: [
        // The clocks of Rome go forward on 2026-03-29 at 02:00 and back on 2026-10-25 at 03:00.
        ("30 2 * * *", "2026-03-28T02:30:00+01:00", ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
        ("30 2 * * *", "2026-10-24T02:30:00+02:00", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        ("0 6 * * *", "2026-10-24T06:00:00+02:00", ["2026-10-25T06:00:00+01:00", "2026-10-26T06:00:00+01:00"]),
    ])
    func `changes of the clocks neither skip nor double a tick`(
        cron: String,
        first: String,
        following: [String]
    ) throws {
        var planned = first
        for expected in following {
            let plan = try #require(try plan(cron, zone: "Europe/Rome", planned: planned, now: planned))
            #expect(plan.next == (try moment(expected)))
            planned = expected
        }
        let whole = try plan(cron, zone: "Europe/Rome", planned: first, now: planned)
        #expect(whole?.missed.count == following.count)
        #expect(whole?.fired == (try moment(planned)))
    }

    @Test(arguments: [
        "* * * * *", "*/7 * * * *", "13 */5 * * *", "0 6 * * mon-fri", "30 2 * * *", "0 0 1 * *", "5 4 29 2 *",
    ])
    func `any plan accounts for every planned time exactly once`(cron: String) throws {
        let expression = try CronExpression(cron)
        let rules = try TimeZoneLoader.system.rules(for: "America/New_York")
        var generator = SplitMix64(seed: 20_260_301)
        for _ in 0..<200 {
            let second = Int64.random(in: 1_700_000_000...1_900_000_000, using: &generator)
            let start = Timestamp(microseconds: second * 1_000_000)
            let planned = try #require(expression.next(after: start, in: rules))
            let now = Timestamp(microseconds: planned.microseconds + .random(in: 0...40_000_000_000, using: &generator))
            let plan = try #require(TickPlanner.plan(expression, in: rules, planned: planned, now: now))
            var all = [planned]
            while let next = expression.next(after: all[all.count - 1], in: rules), next <= now { all.append(next) }
            #expect(plan.missed + [plan.fired] == all, "start \(start)")
            #expect(plan.next > now)
            #expect(plan.next == expression.next(after: plan.fired, in: rules))
        }
    }

    @Test func `a very long absence is bounded, and still the last planned time fires`() throws {
        let plan = try #require(
            try plan("* * * * *", planned: "2016-01-01T00:00:00Z", now: "2026-03-01T00:00:30Z")
        )
        #expect(plan.missed.count == TickPlanner.missedMax)
        #expect(plan.missed.first == (try moment("2016-01-01T00:00:00Z")))
        #expect(plan.fired == (try moment("2026-03-01T00:00:00Z")))
        #expect(plan.next == (try moment("2026-03-01T00:01:00Z")))
    }
}

import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

struct TickPlannerTests {
    private static let day = "2026-03-01T"

    private func moment(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text.count < 20 ? Self.day + text : text), "\(text)")
    }

    /// A schedule with its first planned time without an outcome, read at a moment.
    private func schedule(
        _ cron: String,
        zone: String = "UTC",
        planned: String?,
        now: String,
        catchUp: CatchUpPolicy = .one(window: nil),
        jitter: Duration = .zero,
        isPaused: Bool = false,
        pausedUntil: String? = nil
    ) throws -> DueSchedule {
        DueSchedule(
            name: "nightly",
            cron: cron,
            timeZone: zone,
            job: JSONText(trusted: Array(#"{"kind":"a"}"#.utf8)),
            jitter: jitter,
            overlap: .allow,
            catchUp: catchUp,
            nextTickAt: try planned.map { try moment($0) },
            isPaused: isPaused,
            pausedUntil: try pausedUntil.map { try moment($0) },
            updatedAt: try moment("00:00:00Z"),
            revision: 1,
            moment: try moment(now)
        )
    }

    private func plan(_ schedule: DueSchedule) throws -> TickPlan {
        let rules = try TimeZoneLoader.system.rules(for: schedule.timeZone)
        return TickPlanner.plan(schedule, try CronExpression(schedule.cron), in: rules)
    }

    /// `missed 00:01 to 00:03 (3)`, `fires 00:04`, `next 00:05`.
    private func words(_ plan: TickPlan) -> [String] {
        func time(_ moment: Timestamp) -> String { String(moment.rfc3339Text.dropFirst(11).prefix(8)) }
        return plan.runs.map { run in
            "\(run.outcome.rawValue) \(time(run.first)) to \(time(run.last)) (\(run.count.map(String.init) ?? "many"))"
        } + plan.firing.map { "fires \(time($0))" } + [plan.next.map { "next \(time($0.plannedAt))" } ?? "never"]
    }

    @Test(arguments: [
        ("* * * * *", "00:01:00Z", "00:00:59.999999Z", ["next 00:01:00"]),
        ("* * * * *", "00:01:00Z", "00:01:00Z", ["fires 00:01:00", "next 00:02:00"]),
        ("* * * * *", "00:01:00Z", "00:01:59.999999Z", ["fires 00:01:00", "next 00:02:00"]),
        (
            "* * * * *", "00:01:00Z", "00:04:30Z",
            ["missed 00:01:00 to 00:03:00 (3)", "fires 00:04:00", "next 00:05:00"]
        ),
        (
            "*/20 * * * * *", "00:01:00Z", "00:01:45Z",
            ["missed 00:01:00 to 00:01:20 (2)", "fires 00:01:40", "next 00:02:00"]
        ),
        // A planned time that the expression does not have, because somebody changed the row by hand, counts as it is.
        ("0 * * * *", "00:07:00Z", "00:20:00Z", ["fires 00:07:00", "next 01:00:00"]),
    ])
    func `the last planned time fires and those before it are missed`(
        cron: String,
        planned: String,
        now: String,
        expected: [String]
    ) throws {
        #expect(words(try plan(try schedule(cron, planned: planned, now: now))) == expected)
    }

    @Test(arguments: [
        (CatchUpPolicy.skip, "00:05:00Z", ["missed 00:01:00 to 00:04:00 (4)", "fires 00:05:00", "next 00:06:00"]),
        (.one(window: .seconds(30)), "00:05:40Z", ["missed 00:01:00 to 00:05:00 (5)", "next 00:06:00"]),
        (
            .one(window: .seconds(40)), "00:05:40Z",
            ["missed 00:01:00 to 00:04:00 (4)", "fires 00:05:00", "next 00:06:00"]
        ),
        (
            .all(max: 100, window: nil), "00:03:10Z",
            ["fires 00:01:00", "fires 00:02:00", "fires 00:03:00", "next 00:04:00"]
        ),
        (
            .all(max: 2, window: nil), "00:05:10Z",
            ["missed 00:01:00 to 00:03:00 (3)", "fires 00:04:00", "fires 00:05:00", "next 00:06:00"]
        ),
        (
            .all(max: 100, window: .seconds(90)), "00:05:10Z",
            ["missed 00:01:00 to 00:03:00 (3)", "fires 00:04:00", "fires 00:05:00", "next 00:06:00"]
        ),
    ])
    func `the catch-up policy says which late ticks fire`(
        policy: CatchUpPolicy,
        now: String,
        expected: [String]
    ) throws {
        let schedule = try schedule("* * * * *", planned: "00:01:00Z", now: now, catchUp: policy)
        #expect(words(try plan(schedule)) == expected)
    }

    @Test func `with skip a tick that is more than a minute late is missed`() throws {
        let late = try schedule("0 * * * *", planned: "01:00:00Z", now: "01:01:00.000001Z", catchUp: .skip)
        #expect(words(try plan(late)) == ["missed 01:00:00 to 01:00:00 (1)", "next 02:00:00"])
        let inTime = try schedule("0 * * * *", planned: "01:00:00Z", now: "01:01:00Z", catchUp: .skip)
        #expect(words(try plan(inTime)) == ["fires 01:00:00", "next 02:00:00"])
    }

    @Test func `while it is paused nothing fires, and what passed until it was resumed does not either`() throws {
        let paused = try schedule("* * * * *", planned: "00:01:00Z", now: "00:03:10Z", isPaused: true)
        #expect(words(try plan(paused)) == ["paused 00:01:00 to 00:03:00 (3)", "next 00:04:00"])
        let resumed = try schedule("* * * * *", planned: "00:01:00Z", now: "00:05:10Z", pausedUntil: "00:03:10Z")
        #expect(
            words(try plan(resumed)) == [
                "paused 00:01:00 to 00:03:00 (3)", "missed 00:04:00 to 00:04:00 (1)", "fires 00:05:00", "next 00:06:00",
            ]
        )
    }

    @Test func `a new rule counts from when it was stored`() throws {
        let fresh = try schedule("*/5 * * * *", planned: nil, now: "00:04:00Z")
        #expect(words(try plan(fresh)) == ["next 00:05:00"])
        let late = try schedule("*/5 * * * *", planned: nil, now: "00:06:00Z")
        #expect(words(try plan(late)) == ["fires 00:05:00", "next 00:10:00"])
    }

    @Test func `jitter puts a tick off, and it is not late before`() throws {
        let first = try schedule("*/5 * * * *", planned: "00:05:00Z", now: "00:05:00Z", jitter: .seconds(200))
        let due = try #require(try plan(first).next).dueAt
        let (earliest, latest) = (try moment("00:05:00Z"), try moment("00:08:20Z"))
        #expect(due > earliest && due < latest)
        #expect(try plan(first).firing.isEmpty)
        let then = try schedule("*/5 * * * *", planned: "00:05:00Z", now: due.rfc3339Text, jitter: .seconds(200))
        #expect(words(try plan(then)) == ["fires 00:05:00", "next 00:10:00"])
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
            let plan = try plan(try schedule(cron, zone: "Europe/Rome", planned: planned, now: planned))
            #expect(plan.next?.plannedAt == (try moment(expected)))
            planned = expected
        }
        let whole = try plan(try schedule(cron, zone: "Europe/Rome", planned: first, now: planned))
        #expect(whole.runs.first?.count == following.count)
        #expect(whole.firing == [try moment(planned)])
    }
}

import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

/// Every planned time gets exactly one fate, however many there are.
struct TickAccountTests {
    private func due(
        _ cron: String,
        planned: Timestamp,
        now: Timestamp,
        _ catchUp: CatchUpPolicy,
        pausedUntil: Timestamp? = nil
    ) -> DueSchedule {
        DueSchedule(
            name: "nightly",
            cron: cron,
            timeZone: "America/New_York",
            job: .emptyObject,
            jitter: .zero,
            overlap: .allow,
            catchUp: catchUp,
            nextTickAt: planned,
            isPaused: false,
            pausedUntil: pausedUntil,
            updatedAt: planned,
            revision: 1,
            moment: now
        )
    }

    @Test(arguments: [
        "* * * * *", "*/7 * * * *", "13 */5 * * *", "0 6 * * mon-fri", "30 2 * * *", "0 0 L * *", "5 4 29 2 *",
        "*/10 * * * * *", "@every 7m",
    ])
    func `any plan accounts for every planned time exactly once`(cron: String) throws {
        let expression = try CronExpression(cron)
        let rules = try TimeZoneLoader.system.rules(for: "America/New_York")
        var generator = SplitMix64(seed: 20_260_301)
        for round in 0..<30 {
            let second = Int64.random(in: 1_700_000_000...1_900_000_000, using: &generator)
            let start = Timestamp(microseconds: second * 1_000_000)
            let planned = try #require(expression.next(after: start, in: rules))
            func later(_ most: Int64) -> Timestamp {
                Timestamp(microseconds: planned.microseconds + .random(in: 0...most, using: &generator))
            }
            let now = later(40_000_000_000)
            let resumed = later(9_000_000_000)
            let policies: [CatchUpPolicy] = [.skip, .one(window: nil), .all(max: 7, window: .seconds(3000))]
            let schedule = due(cron, planned: planned, now: now, policies[round % 3], pausedUntil: resumed)
            let plan = TickPlanner.plan(schedule, expression, in: rules)
            var all = [planned]
            while let next = expression.next(after: all[all.count - 1], in: rules), next <= now { all.append(next) }
            var rest = all[...]
            for run in plan.runs {
                let count = try #require(run.count)
                #expect(rest.first == run.first && rest.prefix(count).last == run.last, "start \(start)")
                rest = rest.dropFirst(count)
            }
            #expect(Array(rest) == plan.firing, "start \(start)")
            #expect(plan.next?.plannedAt == expression.next(after: all[all.count - 1], in: rules))
        }
    }

    @Test(arguments: [1, 100])
    func `a very long absence is one run and no number, and still the last ones fire`(max: Int) throws {
        let planned = try #require(Timestamp(rfc3339: "2016-01-01T00:00:00Z"))
        let now = try #require(Timestamp(rfc3339: "2026-03-01T00:00:30Z"))
        let schedule = due("* * * * * *", planned: planned, now: now, .all(max: max, window: nil))
        let rules = try TimeZoneLoader.system.rules(for: "America/New_York")
        let plan = TickPlanner.plan(schedule, try CronExpression("* * * * * *"), in: rules)
        #expect(plan.firing.count == max)
        #expect(plan.firing.last == now)
        #expect(plan.next?.plannedAt.microseconds == now.microseconds + 1_000_000)
        let run = try #require(plan.runs.first)
        #expect(plan.runs.count == 1 && run.outcome == .missed && run.count == nil && run.first == planned)
        // Nothing between the run and what fires is left out.
        #expect(run.last.microseconds == plan.firing[0].microseconds - 1_000_000)
    }

    @Test func `a very long pause ends where it was resumed`() throws {
        let planned = try #require(Timestamp(rfc3339: "2016-01-01T00:00:00Z"))
        let resumed = try #require(Timestamp(rfc3339: "2026-01-01T00:00:30Z"))
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:02:30Z"))
        let schedule = due("* * * * *", planned: planned, now: now, .all(max: 9, window: nil), pausedUntil: resumed)
        let rules = try TimeZoneLoader.system.rules(for: "America/New_York")
        let plan = TickPlanner.plan(schedule, try CronExpression("* * * * *"), in: rules)
        let run = try #require(plan.runs.first)
        #expect(plan.runs.count == 1 && run.outcome == .paused && run.count == nil)
        #expect(run.last == Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
        #expect(
            plan.firing == [Timestamp(rfc3339: "2026-01-01T00:01:00Z"), Timestamp(rfc3339: "2026-01-01T00:02:00Z")]
        )
    }
}

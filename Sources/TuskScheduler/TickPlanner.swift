import TuskCore
import TuskStore

/// Which planned times of a schedule have come, and what becomes of each. Pure.
///
/// The last one fires. Those before it are missed: nobody was there to fire them in time, and firing several at once
/// would help nobody.
enum TickPlanner {
    /// The most planned times that one plan records as missed: 69 days of a schedule that fires every minute. What is
    /// missed beyond that leaves no record.
    static let missedMax = 100_000

    /// The plan for a schedule whose next planned time is `planned`; nil when that has not come yet, or when the
    /// schedule would never fire again.
    static func plan(
        _ cron: CronExpression,
        in zone: TimeZoneRules,
        planned: Timestamp,
        now: Timestamp
    ) -> TickPlan? {
        guard planned <= now else { return nil }
        var missed: [Timestamp] = []
        var fired = planned
        while true {
            guard let next = cron.next(after: fired, in: zone) else { return nil }
            guard next <= now else { return TickPlan(fired: fired, missed: missed, next: next) }
            missed.append(fired)
            fired = missed.count < missedMax ? next : last(cron, in: zone, from: next, to: now)
            if missed.count == missedMax {
                guard let next = cron.next(after: fired, in: zone) else { return nil }
                return TickPlan(fired: fired, missed: missed, next: next)
            }
        }
    }

    /// The last planned time up to `now`, without going through all since `first`, which is one.
    private static func last(
        _ cron: CronExpression,
        in zone: TimeZoneRules,
        from first: Timestamp,
        to now: Timestamp
    ) -> Timestamp {
        // Looks back twice as far each time, so the way forward from there is at most as long as the way back.
        var backSeconds: Int64 = 60
        while true {
            let from = Timestamp(microseconds: now.microseconds - backSeconds * 1_000_000)
            guard from > first else { break }
            if let found = cron.next(after: from, in: zone), found <= now {
                return walk(cron, in: zone, from: found, to: now)
            }
            backSeconds *= 2
        }
        return walk(cron, in: zone, from: first, to: now)
    }

    private static func walk(
        _ cron: CronExpression,
        in zone: TimeZoneRules,
        from start: Timestamp,
        to now: Timestamp
    ) -> Timestamp {
        var last = start
        while let next = cron.next(after: last, in: zone), next <= now { last = next }
        return last
    }
}

/// A planned time of a schedule, and when it fires.
package struct PlannedTick: Sendable, Hashable {
    package let plannedAt: Timestamp
    /// `plannedAt` and the jitter.
    package let dueAt: Timestamp

    /// The first tick after a moment; nil when there is none within the horizon.
    package static func first(
        of name: String,
        _ cron: CronExpression,
        in zone: TimeZoneRules,
        jitter: Duration,
        after moment: Timestamp
    ) -> PlannedTick? {
        cron.next(after: moment, in: zone).map { planned in
            tick(of: name, cron, in: zone, jitter: jitter, planned: planned)
        }
    }

    /// The tick of a planned time.
    package static func tick(
        of name: String,
        _ cron: CronExpression,
        in zone: TimeZoneRules,
        jitter: Duration,
        planned: Timestamp
    ) -> PlannedTick {
        guard jitter > .zero else { return PlannedTick(plannedAt: planned, dueAt: planned) }
        let next = cron.next(after: planned, in: zone)
        return PlannedTick(
            plannedAt: planned,
            dueAt: Jitter.due(name, planned: planned, next: next, longest: jitter)
        )
    }
}

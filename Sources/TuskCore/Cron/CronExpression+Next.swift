// The next time an expression fires, across changes of the clocks.
//
// As Debian's cron does it, for changes of at most three hours:
//
//   clocks go forward   fixed times that are skipped fire once, at the moment of the change;
//                       a wildcard schedule has no minutes there and fires by the new time
//   clocks go back      a fixed time fires at its first occurrence only;
//                       a wildcard schedule fires in each real hour
//
// A wildcard is a `*` at the start of the minute or the hour; the second, which Debian's cron does not have, does not
// count.
//
// A larger change is a move to another day, like that of Samoa in 2011, and not a matter of clocks: what the calendar
// skips does not fire, and what it repeats fires again.
extension CronExpression {
    /// How far ahead a firing is looked for: 100 years of 366 days. February 29 on a given weekday comes after at
    /// most 40.
    package static let horizonSeconds: Int64 = 100 * 366 * 86_400

    /// The first firing after `moment`, strictly; nil when there is none within the horizon.
    ///
    /// A few microseconds, also for schedules that fire once in decades: months that do not fit are skipped.
    package func next(after moment: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        let earliest = moment.microseconds.floorDivided(by: 1_000_000) + 1
        let second: Int64?
        switch rule {
        case .every(let seconds):
            let (product, overflowed) = ((earliest - 1).floorDivided(by: seconds) + 1)
                .multipliedReportingOverflow(by: seconds)
            second = overflowed ? nil : product
        case .calendar(let calendar): second = Self.next(calendar, from: earliest, in: zone)
        }
        guard let second else { return nil }
        let (microseconds, overflowed) = second.multipliedReportingOverflow(by: 1_000_000)
        return overflowed ? nil : Timestamp(microseconds: microseconds)
    }

    private static func next(_ calendar: CronCalendar, from start: Int64, in zone: TimeZoneRules) -> Int64? {
        var earliest = start
        let limit = earliest + horizonSeconds
        // Local time is at most 26 hours from UTC, and a firing at most 3 hours from the local time it stands for.
        let margin: Int64 = 30 * 3600
        while earliest < limit {
            guard let local = calendar.firstMatch(from: earliest - margin, before: limit + margin) else { return nil }
            earliest = max(earliest, local - margin)
            let period = zone.period(at: earliest)
            if let second = calendar.firstFiring(in: period, of: zone, from: earliest, before: limit) { return second }
            earliest = period.end
        }
        return nil
    }
}

extension CronCalendar {
    /// The largest change of the clocks that is treated as one.
    private static let clockChangeSecondsMax = 3 * 3600

    fileprivate func firstFiring(
        in period: TimeZoneRules.Period,
        of zone: TimeZoneRules,
        from earliest: Int64,
        before limit: Int64
    ) -> Int64? {
        let offset = Int64(period.offsetSeconds)
        var local = earliest + offset
        if isFixedTime, period.start > .min {
            let offsetBefore = Int64(zone.offsetSeconds(at: period.start - 1))
            let change = offset - offsetBefore
            if change > 0, change <= Self.clockChangeSecondsMax, earliest == period.start {
                let skipped = firstMatch(from: period.start + offsetBefore, before: period.start + offset)
                if skipped != nil { return period.start }
            } else if change < 0, change >= -Int64(Self.clockChangeSecondsMax) {
                local = max(local, period.start + offsetBefore)
            }
        }
        return firstMatch(from: local, before: min(period.end, limit) + offset).map { $0 - offset }
    }
}

// The next time an expression fires, across changes of the clocks.
//
// As Debian's cron does it, for changes of at most three hours:
//
//   clocks go forward   a fixed time that is skipped fires once, at the moment of the change;
//                       a wildcard schedule has no minutes there and fires by the new time
//   clocks go back      a fixed time fires at its first occurrence only;
//                       a wildcard schedule fires in each real hour
//
// A larger change is a move to another day, like that of Samoa in 2011, and not a matter of clocks: what the calendar
// skips does not fire, and what it repeats fires again.
extension CronExpression {
    /// How far ahead a firing is looked for: 100 years of 366 days. February 29 on a given weekday comes after at
    /// most 40.
    package static let horizonSeconds: Int64 = 100 * 366 * 86_400

    /// The largest change of the clocks that is treated as one.
    private static let clockChangeSecondsMax = 3 * 3600

    /// The first firing after `moment`, strictly; nil when there is none within the horizon.
    ///
    /// A few microseconds, also for schedules that fire once in decades: months and days that do not fit are skipped.
    package func next(after moment: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        var earliest = moment.microseconds.floorDivided(by: 1_000_000) + 1
        let limit = earliest + Self.horizonSeconds
        // Local time is at most 26 hours from UTC, and a firing at most 3 hours from the local time it stands for.
        let margin: Int64 = 30 * 3600
        while earliest < limit {
            guard let local = firstMatch(from: earliest - margin, before: limit + margin) else { return nil }
            earliest = max(earliest, local - margin)
            let period = zone.period(at: earliest)
            if let second = firstFiring(in: period, of: zone, from: earliest, before: limit) {
                let (microseconds, overflowed) = second.multipliedReportingOverflow(by: 1_000_000)
                return overflowed ? nil : Timestamp(microseconds: microseconds)
            }
            earliest = period.end
        }
        return nil
    }

    private func firstFiring(
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

    /// The first fitting minute of the calendar in a range of local seconds since 1970-01-01T00:00:00.
    private func firstMatch(from start: Int64, before end: Int64) -> Int64? {
        let minute = (start + 59).floorDivided(by: 60)
        var day = Int(minute.floorDivided(by: 1440))
        var minuteOfDay = Int(minute.floorRemainder(by: 1440))
        while Int64(day) * 86_400 < end {
            var date = CivilDate(daysSinceEpoch: day)
            if !Self.has(months, date.month) {
                date.day = 1
                repeat { date = Self.monthAfter(date) } while !Self.has(months, date.month)
                day = date.daysSinceEpoch
                minuteOfDay = 0
                continue
            }
            if isDay(date, number: day), let match = firstMinute(from: minuteOfDay) {
                let second = Int64(day) * 86_400 + Int64(match) * 60
                return second < end ? second : nil
            }
            day += 1
            minuteOfDay = 0
        }
        return nil
    }

    private static func monthAfter(_ date: CivilDate) -> CivilDate {
        date.month == 12
            ? CivilDate(year: date.year + 1, month: 1, day: 1)
            : CivilDate(year: date.year, month: date.month + 1, day: 1)
    }

    private func isDay(_ date: CivilDate, number: Int) -> Bool {
        let fitsMonth = Self.has(days, date.day)
        let fitsWeek = Self.has(weekdays, CivilDate.weekday(ofDay: number))
        return needsBothDayFields ? fitsMonth && fitsWeek : fitsMonth || fitsWeek
    }

    /// The first fitting minute of a day, 0..<1440, not before `start`.
    private func firstMinute(from start: Int) -> Int? {
        var hour = start / 60
        var laterMinutes = (minutes >> (start % 60)) << (start % 60)
        while hour < 24 {
            if Self.has(hours, hour), laterMinutes != 0 { return hour * 60 + laterMinutes.trailingZeroBitCount }
            hour += 1
            laterMinutes = minutes
        }
        return nil
    }
}

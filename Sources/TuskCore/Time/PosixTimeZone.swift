/// A time zone as a POSIX `TZ` value describes it, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2024, section 8.3, with the extension of RFC 9636, section 3.3.2: the time of a change goes from
/// -167 to 167 hours.
struct PosixTimeZone: Sendable, Hashable {
    /// The day of a year on which the clocks change.
    enum Day: Sendable, Hashable {
        /// `Jn`: 1...365; February 29 is never counted.
        case julian(Int)
        /// `n`: 0...365; February 29 is counted.
        case zeroBased(Int)
        /// `Mm.w.d`: the week 1...5 of the month, 5 being the last; the weekday 0...6 from Sunday.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    /// When the clocks change, by the clock that was right until then.
    struct Rule: Sendable, Hashable {
        var day: Day
        /// Seconds after midnight; may be negative or beyond the day.
        var secondOfDay: Int
    }

    /// Daylight saving time, when there is one.
    struct Daylight: Sendable, Hashable {
        var offsetSeconds: Int
        var start: Rule
        var end: Rule
    }

    /// Offsets that a zone may have, in seconds: RFC 9636 recommends less than 25 hours west and 26 hours east.
    static let offsetRange = -25 * 3600 + 1...26 * 3600 - 1

    /// Local standard time less UTC: positive east of Greenwich, unlike in the text.
    let offsetSeconds: Int
    let daylight: Daylight?

    init(offsetSeconds: Int, daylight: Daylight?) {
        self.offsetSeconds = offsetSeconds
        self.daylight = daylight
    }

    /// The period that a moment is in, in seconds since 1970-01-01T00:00:00Z.
    func period(at second: Int64) -> TimeZoneRules.Period {
        guard let daylight else { return .init(start: .min, end: .max, offsetSeconds: offsetSeconds) }
        var start = Int64.min
        var end = Int64.max
        var offset = offsetSeconds
        let year = CivilDate(daysSinceEpoch: Int(second.floorDivided(by: 86_400))).year
        // A change may fall into the neighbouring year by a week and an offset; with the years before and after
        // there is always one on either side. Of two at the same moment the later one in the year's order holds.
        for candidate in year - 2...year + 2 {
            for change in changes(in: candidate, daylight) {
                if change.at <= second, change.at >= start {
                    start = change.at
                    offset = change.offsetSeconds
                } else if change.at > second {
                    end = min(end, change.at)
                }
            }
        }
        return .init(start: start, end: end, offsetSeconds: offset)
    }

    private func changes(in year: Int, _ daylight: Daylight) -> [TimeZoneRules.Change] {
        let start = TimeZoneRules.Change(
            at: Int64(Self.second(of: daylight.start, year: year) - offsetSeconds),
            offsetSeconds: daylight.offsetSeconds
        )
        let end = TimeZoneRules.Change(
            at: Int64(Self.second(of: daylight.end, year: year) - daylight.offsetSeconds),
            offsetSeconds: offsetSeconds
        )
        return start.at < end.at ? [start, end] : [end, start]
    }

    /// Local seconds since 1970-01-01T00:00:00.
    private static func second(of rule: Rule, year: Int) -> Int {
        dayNumber(of: rule.day, year: year) * 86_400 + rule.secondOfDay
    }

    private static func dayNumber(of day: Day, year: Int) -> Int {
        let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
        switch day {
        case .julian(let number):
            // Day 60 is March 1, in leap years too.
            return newYear + number - 1 + (number >= 60 && CivilDate.isLeap(year) ? 1 : 0)
        case .zeroBased(let number):
            return newYear + number
        case .weekday(let month, let week, let weekday):
            let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
            let firstMatch = first + (weekday - CivilDate.weekday(ofDay: first)).floorRemainder(by: 7)
            let last = first + CivilDate.dayCount(ofMonth: month, year: year) - 1
            let wanted = firstMatch + (week - 1) * 7
            return wanted > last ? wanted - 7 : wanted
        }
    }
}

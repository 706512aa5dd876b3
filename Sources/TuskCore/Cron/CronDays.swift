/// Which days of a month fit the two day fields of a cron expression.
///
/// A day's place in its month, the month's length and the weekday of its first decide, so that a whole month is judged
/// at once and 28 kinds of month stand for all.
struct CronDays: Sendable, Hashable {
    /// Days counted from the first: bit 1 is the first.
    var dates: UInt64 = 0
    /// Days counted back from the last: bit 0 is the last itself, as `L`; bit 3 is `L-3`.
    var fromLast: UInt64 = 0
    /// Dates whose nearest weekday is meant, as `15W`; bit 15 is the 15th.
    var nearestWeekdays: UInt64 = 0
    /// `LW`: the last day from Monday to Friday.
    var hasLastWeekday = false
    /// Any day of that weekday: bit 0 is Sunday.
    var weekdays: UInt64 = 0
    /// The last one of the month, as `5L`; bit 5 is Friday.
    var lastOfWeekday: UInt64 = 0
    /// The nth one of the month, as `MON#2`: bit 7 n + weekday, n from 1 to 5.
    var nthOfWeekday: UInt64 = 0
    /// Whether one of the two fields starts with `*`; then a day has to fit both.
    var needsBoth = true

    /// The days that fit, bit 1 for the first of the month. `firstWeekday` is 0 for Sunday.
    func fitting(length: Int, firstWeekday: Int) -> UInt64 {
        let byDate = byDate(length: length, firstWeekday: firstWeekday)
        let byWeekday = byWeekday(length: length, firstWeekday: firstWeekday)
        return needsBoth ? byDate & byWeekday : byDate | byWeekday
    }

    /// Whether some day of a month fits in some year. Over 400 years every month begins on every weekday, a February
    /// of 29 days too.
    func canFit(month: Int) -> Bool {
        let lengths = month == 2 ? [28, 29] : [CivilDate.dayCount(ofMonth: month, year: 2000)]
        return lengths.contains { length in
            (0..<7).contains { fitting(length: length, firstWeekday: $0) != 0 }
        }
    }

    private func byDate(length: Int, firstWeekday: Int) -> UInt64 {
        let month = (UInt64(1) << (length + 1)) - 2
        var days = dates & month
        Self.forEach(fromLast) { back in
            if back < length { days |= 1 << (length - back) }
        }
        Self.forEach(nearestWeekdays & month) { date in
            days |= 1 << Self.nearestWeekday(to: date, length: length, firstWeekday: firstWeekday)
        }
        if hasLastWeekday { days |= 1 << Self.nearestWeekday(to: length, length: length, firstWeekday: firstWeekday) }
        return days
    }

    private func byWeekday(length: Int, firstWeekday: Int) -> UInt64 {
        let month = (UInt64(1) << (length + 1)) - 2
        guard weekdays != 0x7F else { return month }
        // Days 1, 8, 15, 22 and 29; those of the other weekdays come up to six days later.
        let everySeven: UInt64 = 1 << 1 | 1 << 8 | 1 << 15 | 1 << 22 | 1 << 29
        func all(_ weekday: Int) -> UInt64 { (everySeven << ((weekday - firstWeekday + 7) % 7)) & month }
        var days: UInt64 = 0
        Self.forEach(weekdays) { days |= all($0) }
        Self.forEach(lastOfWeekday) { days |= 1 << (63 - all($0).leadingZeroBitCount) }
        Self.forEach(nthOfWeekday) { place in
            let (count, weekday) = (place / 7, place % 7)
            days |= all(weekday) & (0x7F << (7 * count - 6))
        }
        return days
    }

    /// A Saturday's is the Friday before, a Sunday's the Monday after, unless that is in another month.
    private static func nearestWeekday(to date: Int, length: Int, firstWeekday: Int) -> Int {
        switch (firstWeekday + date - 1) % 7 {
        case 6: date > 1 ? date - 1 : 3
        case 0: date < length ? date + 1 : length - 2
        default: date
        }
    }

    /// The numbers in a set, from the smallest.
    static func members(_ set: UInt64) -> [Int] {
        var members: [Int] = []
        forEach(set) { members.append($0) }
        return members
    }

    private static func forEach(_ set: UInt64, _ body: (Int) -> Void) {
        var rest = set
        while rest != 0 {
            body(rest.trailingZeroBitCount)
            rest &= rest - 1
        }
    }
}

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
        for back in Self.members(fromLast) where back < length { days |= 1 << (length - back) }
        for date in Self.members(nearestWeekdays & month) {
            days |= 1 << Self.nearestWeekday(to: date, length: length, firstWeekday: firstWeekday)
        }
        if hasLastWeekday { days |= 1 << Self.nearestWeekday(to: length, length: length, firstWeekday: firstWeekday) }
        return days
    }

    private func byWeekday(length: Int, firstWeekday: Int) -> UInt64 {
        var days: UInt64 = 0
        for day in 1...length {
            let weekday = (firstWeekday + day - 1) % 7
            let isLast = day + 7 > length
            let place = 7 * ((day - 1) / 7 + 1) + weekday
            let fits = weekdays >> weekday & 1 | (isLast ? lastOfWeekday >> weekday & 1 : 0) | nthOfWeekday >> place & 1
            days |= fits << day
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
        (0..<64).filter { set >> $0 & 1 == 1 }
    }
}

/// The times of the calendar that a cron expression names, without regard to time zones.
struct CronCalendar: Sendable, Hashable {
    /// One bit a value: bit 0 is second 0.
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    /// Bit 1 is January.
    let months: UInt64
    let days: CronDays
    /// Whether neither the minute nor the hour starts with `*`: such a schedule means certain times of the day.
    let isFixedTime: Bool

    /// Whether some day of some year fits.
    var canFire: Bool {
        (1...12).contains { Self.has(months, $0) && days.canFit(month: $0) }
    }

    /// The first fitting second of the calendar in a range of local seconds since 1970-01-01T00:00:00.
    ///
    /// Goes month by month, so that what fits once in decades is found in microseconds.
    func firstMatch(from start: Int64, before end: Int64) -> Int64? {
        var number = Int(start.floorDivided(by: 86_400))
        var secondOfDay = Int(start.floorRemainder(by: 86_400))
        while Int64(number) * 86_400 < end {
            let date = CivilDate(daysSinceEpoch: number)
            let firstNumber = number - date.day + 1
            let length = CivilDate.dayCount(ofMonth: date.month, year: date.year)
            if Self.has(months, date.month) {
                var left = days.fitting(length: length, firstWeekday: CivilDate.weekday(ofDay: firstNumber))
                left = Self.from(date.day, left)
                while left != 0 {
                    let day = left.trailingZeroBitCount
                    if let match = firstTime(from: day == date.day ? secondOfDay : 0) {
                        let second = Int64(firstNumber + day - 1) * 86_400 + Int64(match)
                        return second < end ? second : nil
                    }
                    left &= left - 1
                }
            }
            number = firstNumber + length
            secondOfDay = 0
        }
        return nil
    }

    /// The first fitting second of a day, 0..<86400, not before `start`.
    private func firstTime(from start: Int) -> Int? {
        var hour = start / 3600
        var minute = start / 60 % 60
        let laterSeconds = Self.from(start % 60, seconds)
        if Self.has(hours, hour) {
            if Self.has(minutes, minute), laterSeconds != 0 {
                return hour * 3600 + minute * 60 + laterSeconds.trailingZeroBitCount
            }
            minute += 1
            let laterMinutes = Self.from(minute, minutes)
            if laterMinutes != 0 {
                return hour * 3600 + laterMinutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
            }
        }
        hour += 1
        let laterHours = Self.from(hour, hours)
        guard laterHours != 0 else { return nil }
        hour = laterHours.trailingZeroBitCount
        return hour * 3600 + minutes.trailingZeroBitCount * 60 + seconds.trailingZeroBitCount
    }

    /// The members of a set that are not smaller than `value`, which is at most 60.
    private static func from(_ value: Int, _ set: UInt64) -> UInt64 { (set >> value) << value }

    static func has(_ set: UInt64, _ value: Int) -> Bool { set >> value & 1 == 1 }
}

import Glibc

/// The host's clock, for showing when something happened. Nothing is decided by it.
package enum WallClock {
    /// Microseconds since 1970 now.
    package static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// A moment as RFC 3339 has it, in UTC with microseconds: `2026-01-02T03:04:05.678901Z`.
    package static func text(_ microseconds: Int64) -> String {
        let (second, fraction) = microseconds.flooredDivision(by: 1_000_000)
        let (day, secondOfDay) = second.flooredDivision(by: 86_400)
        let date = civilDate(daysSince1970: day)
        let time = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(time.0, 2)):\(padded(time.1, 2)):\(padded(time.2, 2)).\(padded(fraction, 6))Z"
    }

    /// The date in the Gregorian calendar, from the count of days.
    ///
    /// Years are counted from March, so that the leap day is a year's last, in eras of 400 years or 146,097 days.
    private static func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // 719,468 days lie between 0000-03-01 and 1970-01-01.
        let (era, dayOfEra) = (daysSince1970 + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // From March on, five months always have 153 days.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    /// Quotient and remainder with the remainder never negative, so that moments before 1970 count backwards.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

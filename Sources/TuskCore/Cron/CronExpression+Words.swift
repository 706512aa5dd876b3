// A cron expression in English, for people who preview a schedule: `every weekday at 09:00`.
extension CronExpression {
    /// What the expression says, in words. Expressions that mean the same days and times have the same words.
    package var words: String {
        switch rule {
        case .every(let seconds): "every \(DurationText.print(.seconds(seconds)))"
        case .calendar(let calendar): calendar.words
        }
    }
}

extension CronCalendar {
    /// The most times of day that are written out one by one.
    private static let timesMax = 6
    private static let everyMinute = CronCalendar.all(0...59)

    fileprivate var words: String {
        let days = dayWords
        let months = monthWords.map { " \($0)" } ?? ""
        if let times = timesOfDay { return "\(days ?? "every day") at \(Self.list(times))\(months)" }
        guard let days else { return timeWords + months }
        return "\(timeWords), \(days)\(months)"
    }

    /// `09:00` or `09:00:30`; nil when there are too many, or when the hour is not restricted.
    private var timesOfDay: [String]? {
        let parts = [hours, minutes, seconds]
        guard hours != Self.all(0...23), parts.reduce(1, { $0 * $1.nonzeroBitCount }) <= Self.timesMax else {
            return nil
        }
        return CronDays.members(hours).flatMap { hour in
            CronDays.members(minutes).flatMap { minute in
                CronDays.members(seconds).map { second in
                    let time = "\(Self.twoDigits(hour)):\(Self.twoDigits(minute))"
                    return seconds == 1 ? time : "\(time):\(Self.twoDigits(second))"
                }
            }
        }
    }

    /// `every 5 minutes`, `at minute 5 of every hour`, `every second of minute 0 of hours 9 to 17`.
    private var timeWords: String {
        var parts: [String] = []
        let hasSeconds = seconds != 1
        if hasSeconds { parts.append(Self.unit("second", seconds, 0...59)) }
        let isWholeHour = minutes == 1 && !hasSeconds
        let minutesAll = minutes == Self.everyMinute
        if !isWholeHour, !(hasSeconds && minutesAll) { parts.append(Self.unit("minute", minutes, 0...59)) }
        if hours != Self.all(0...23) || isWholeHour { parts.append(Self.unit("hour", hours, 0...23)) }
        if hours == Self.all(0...23), !isWholeHour, Self.step(of: minutes, in: 0...59) == nil {
            parts.append("every hour")
        }
        let text = parts.joined(separator: " of ")
        return text.hasPrefix("every") ? text : "at \(text)"
    }

    /// Nil: every day.
    private var dayWords: String? {
        let dates = days.dateWords
        let weekdays = days.weekdayWords
        switch (dates, weekdays) {
        case (nil, nil): return nil
        case (let dates?, nil): return days.needsBoth ? "on \(dates)" : nil
        case (nil, let weekdays?): return days.needsBoth ? weekdays : nil
        case (let dates?, let weekdays?):
            return days.needsBoth ? "on \(dates) if it is also \(weekdays)" : "on \(dates) and \(weekdays)"
        }
    }

    /// Nil: every month.
    private var monthWords: String? {
        guard months != Self.all(1...12) else { return nil }
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return "in \(Self.list(CronDays.members(months).map { names[$0 - 1] }))"
    }

    /// `every 5 minutes`, `minutes 0 and 30`, `hours 9 to 17`.
    private static func unit(_ name: String, _ set: UInt64, _ range: ClosedRange<Int>) -> String {
        let members = CronDays.members(set)
        if let step = step(of: set, in: range) { return step == 1 ? "every \(name)" : "every \(step) \(name)s" }
        guard let first = members.first, let last = members.last, members.count > 1 else {
            return "\(name) \(list(members.map(String.init)))"
        }
        let isRun = members.count > 2 && last - first == members.count - 1
        return "\(name)s \(isRun ? "\(first) to \(last)" : list(members.map(String.init)))"
    }

    /// How far the members are apart, if they go from the start of the range to its end in equal steps, and the next
    /// one would be the start again.
    private static func step(of set: UInt64, in range: ClosedRange<Int>) -> Int? {
        let members = CronDays.members(set)
        guard members.count > 1, range.count.isMultiple(of: members.count) else { return nil }
        let step = range.count / members.count
        return members.enumerated().allSatisfy { $1 == range.lowerBound + $0 * step } ? step : nil
    }

    fileprivate static func all(_ range: ClosedRange<Int>) -> UInt64 { range.reduce(0) { $0 | 1 << $1 } }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// `a`, `a and b`, `a, b and c`.
    fileprivate static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) and \(last)"
    }
}

extension CronDays {
    private static let weekdayNames = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    /// `day 1 of the month`, `the last day of the month`; nil: every date.
    fileprivate var dateWords: String? {
        let dates = dates & CronCalendar.all(1...31)
        guard dates != CronCalendar.all(1...31) else { return nil }
        var parts = Self.members(dates).map(String.init)
        if !parts.isEmpty { parts = ["\(parts.count > 1 ? "days" : "day") \(CronCalendar.list(parts))"] }
        for back in Self.members(fromLast) {
            parts.append(back == 0 ? "the last day" : "the last day but \(back)")
        }
        for date in Self.members(nearestWeekdays) { parts.append("the weekday nearest to day \(date)") }
        if hasLastWeekday { parts.append("the last weekday") }
        return "\(CronCalendar.list(parts)) of the month"
    }

    /// `every weekday`, `every Monday and Friday`, `the last Friday of the month`; nil: every day of the week.
    fileprivate var weekdayWords: String? {
        guard weekdays != 0x7F else { return nil }
        var parts: [String] = []
        switch weekdays {
        case 0: break
        case 0b011_1110: parts.append("every weekday")
        case 0b100_0001: parts.append("every Saturday and Sunday")
        default: parts.append("every \(CronCalendar.list(Self.members(weekdays).map { Self.weekdayNames[$0] }))")
        }
        let ordinals = ["1st", "2nd", "3rd", "4th", "5th"]
        for place in Self.members(nthOfWeekday) {
            parts.append("the \(ordinals[place / 7 - 1]) \(Self.weekdayNames[place % 7]) of the month")
        }
        for weekday in Self.members(lastOfWeekday) {
            parts.append("the last \(Self.weekdayNames[weekday]) of the month")
        }
        return CronCalendar.list(parts)
    }
}

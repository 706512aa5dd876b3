import TuskCore

/// A random cron expression, as text and, made apart from it, as what it means.
struct CronSample: Sendable {
    /// A day on a calendar, with what is around it.
    struct Day: Sendable {
        let number: Int
        let date: CivilDate
        let length: Int

        init(_ number: Int) {
            self.number = number
            date = CivilDate(daysSinceEpoch: number)
            length = CivilDate.dayCount(ofMonth: date.month, year: date.year)
        }

        /// 0 for Sunday.
        var weekday: Int { CivilDate.weekday(ofDay: number) }
        var isWorkday: Bool { (1...5).contains(weekday) }
    }

    private enum Special: Sendable {
        /// `L-n`
        case fromLast(Int)
        /// `nW`
        case nearest(Int)
        /// `LW`
        case lastWorkday
        /// `nL`
        case lastOf(Int)
        /// `n#m`
        case nth(Int, Int)
    }

    private(set) var text = ""
    private(set) var seconds: [Int] = [0]
    private var minutes: Set<Int>
    private var hours: Set<Int>
    private var dates: Set<Int>
    private var months: Set<Int>
    private var weekdays: Set<Int>
    private var specialDate: Special?
    private var specialWeekday: Special?
    private var needsBothDayFields: Bool
    /// Neither the minute nor the hour starts with a star.
    let isFixedTime: Bool

    init(using random: inout SplitMix64) {
        var words: [String] = []
        func field(_ range: ClosedRange<Int>, span: Int) -> Set<Int> {
            let (word, set) = Self.field(range, span: span, using: &random)
            words.append(word)
            return set
        }
        minutes = field(0...59, span: 60)
        hours = field(0...23, span: 24)
        dates = field(1...31, span: 31)
        months = field(1...12, span: 12)
        weekdays = field(0...6, span: 7)
        if Int.random(in: 0..<4, using: &random) == 0 {
            (words[2], specialDate) = Self.specialDate(using: &random)
            dates = []
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            (words[4], specialWeekday) = Self.specialWeekday(using: &random)
            weekdays = []
        }
        isFixedTime = !words[0].hasPrefix("*") && !words[1].hasPrefix("*")
        needsBothDayFields = words[2].hasPrefix("*") || words[4].hasPrefix("*")
        if Int.random(in: 0..<4, using: &random) == 0 {
            seconds = Set((0..<2).map { _ in Int.random(in: 0...59, using: &random) }).sorted()
            words.insert(seconds.map(String.init).joined(separator: ","), at: 0)
        }
        text = words.joined(separator: " ")
    }

    private static func field(
        _ range: ClosedRange<Int>,
        span: Int,
        using random: inout SplitMix64
    ) -> (String, Set<Int>) {
        // Hours near the changes of the clocks, and mostly months and days that are not restricted.
        let low = Int.random(in: range, using: &random)
        let high = Int.random(in: low...range.upperBound, using: &random)
        let step = Int.random(in: 1...min(span, 20), using: &random)
        switch Int.random(in: 0..<(span == 60 || span == 24 ? 10 : 16), using: &random) {
        case 0, 1: return ("\(low)-\(high)", Set(low...high))
        case 2: return ("\(low)-\(high)/\(step)", Set(stride(from: low, through: high, by: step)))
        case 3: return ("*/\(step)", Set(stride(from: range.lowerBound, through: range.upperBound, by: step)))
        case 4: return ("\(low),\(high)", [low, high])
        case 5, 6: return ("\(low)", [low])
        case 7,
            8 where span == 24:
            return ("1,2,3", [1, 2, 3])
        default: return ("*", Set(range))
        }
    }

    private static func specialDate(using random: inout SplitMix64) -> (String, Special) {
        let number = Int.random(in: 1...31, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return ("L", .fromLast(0))
        case 1: return ("L-\(number - 1)", .fromLast(number - 1))
        case 2: return ("LW", .lastWorkday)
        default: return ("\(number)W", .nearest(number))
        }
    }

    private static func specialWeekday(using random: inout SplitMix64) -> (String, Special) {
        let weekday = Int.random(in: 0...6, using: &random)
        let count = Int.random(in: 1...5, using: &random)
        return Bool.random(using: &random)
            ? ("\(weekday)L", .lastOf(weekday)) : ("\(weekday)#\(count)", .nth(weekday, count))
    }

    /// How many seconds of a fitting day fit.
    var timesPerDay: Int { hours.count * minutes.count * seconds.count }

    /// Whether a minute of a day fits, 0..<1440.
    func fits(minuteOfDay minute: Int) -> Bool { hours.contains(minute / 60) && minutes.contains(minute % 60) }

    /// Whether a day fits.
    func fits(_ day: Day) -> Bool {
        guard months.contains(day.date.month) else { return false }
        let fitsDate = dates.contains(day.date.day) || (specialDate.map { Self.fits($0, day) } ?? false)
        let fitsWeekday = weekdays.contains(day.weekday) || (specialWeekday.map { Self.fits($0, day) } ?? false)
        return needsBothDayFields ? fitsDate && fitsWeekday : fitsDate || fitsWeekday
    }

    private static func fits(_ special: Special, _ day: Day) -> Bool {
        switch special {
        case .fromLast(let back): return day.date.day == day.length - back
        case .lastWorkday:
            guard day.isWorkday else { return false }
            return (day.date.day..<day.length).allSatisfy { !Day(day.number + $0 - day.date.day + 1).isWorkday }
        case .nearest(let date):
            guard day.isWorkday, date <= day.length else { return false }
            // The closest working day of the month wins; two are never equally close.
            let workdays = (1...day.length).filter { Day(day.number + $0 - day.date.day).isWorkday }
            return workdays.min { abs($0 - date) < abs($1 - date) } == day.date.day
        case .lastOf(let weekday): return day.weekday == weekday && day.date.day + 7 > day.length
        case .nth(let weekday, let count): return day.weekday == weekday && (day.date.day + 6) / 7 == count
        }
    }
}

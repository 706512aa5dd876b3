import TuskCore

/// A random cron expression, as text and, made apart from it, as what it means.
struct CronSample: Sendable {
    private(set) var text = ""
    /// For each field, whether a value is in it.
    private var sets: [[Bool]] = []
    private var starts: [Bool] = []

    init(using random: inout SplitMix64) {
        var words: [String] = []
        for (range, span) in [(0...59, 60), (0...23, 24), (1...31, 31), (1...12, 12), (0...6, 7)] {
            let (word, set) = Self.field(range, span: span, using: &random)
            words.append(word)
            sets.append((0..<60).map { set.contains($0) })
            starts.append(word.hasPrefix("*"))
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

    /// Neither the minute nor the hour starts with a star.
    var isFixedTime: Bool { !starts[0] && !starts[1] }

    /// Whether a minute of the calendar fits, in minutes since 1970-01-01T00:00 local time.
    func fits(_ minute: CalendarMinute) -> Bool {
        guard sets[0][minute.minute], sets[1][minute.hour], sets[3][minute.month] else { return false }
        let fitsDay = sets[2][minute.day]
        let fitsWeekday = sets[4][minute.weekday]
        return starts[2] || starts[4] ? fitsDay && fitsWeekday : fitsDay || fitsWeekday
    }
}

/// A minute on a wall clock.
struct CalendarMinute: Sendable {
    let month: Int
    let day: Int
    let weekday: Int
    let hour: Int
    let minute: Int
}

/// Every minute of a stretch of time in one zone, and what its wall clock shows.
struct MinuteByMinute: Sendable {
    let firstSecond: Int64
    /// Minutes that the clock is ahead of UTC, minute by minute.
    let offsets: [Int]
    /// Whether the clock showed the same within the three hours before.
    private let isRepeated: [Bool]

    init(from firstSecond: Int64, minutes: Int, in zone: TimeZoneRules) {
        self.firstSecond = firstSecond
        let offsets = (0..<minutes).map { zone.offsetSeconds(at: firstSecond + Int64($0) * 60) / 60 }
        self.offsets = offsets
        var seen: [Int: Int] = [:]
        isRepeated = offsets.indices.map { index in
            let earlier = seen.updateValue(index, forKey: index + offsets[index])
            return earlier.map { index - $0 <= 180 } ?? false
        }
    }

    static func calendar(_ localMinute: Int) -> CalendarMinute {
        let day = Int((Double(localMinute) / 1440).rounded(.down))
        let date = CivilDate(daysSinceEpoch: day)
        let minuteOfDay = localMinute - day * 1440
        return CalendarMinute(
            month: date.month,
            day: date.day,
            weekday: CivilDate.weekday(ofDay: day),
            hour: minuteOfDay / 60,
            minute: minuteOfDay % 60
        )
    }

    /// All firings, found by looking at each minute; the first three hours are only looked back at.
    func firings(of sample: CronSample) -> [Int64] {
        let firstMinute = Int(firstSecond / 60)
        var found: [Int64] = []
        for index in offsets.indices {
            let local = firstMinute + index + offsets[index]
            var fires = sample.fits(Self.calendar(local))
            if sample.isFixedTime {
                if isRepeated[index] { fires = false }
                let jump = index > 0 ? offsets[index] - offsets[index - 1] : 0
                if jump > 0, jump <= 180 {
                    let skipped = (local - jump..<local).contains { sample.fits(Self.calendar($0)) }
                    fires = fires || skipped
                }
            }
            if fires, index >= 180 { found.append(firstSecond + Int64(index) * 60) }
        }
        return found
    }
}

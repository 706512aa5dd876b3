// The text of a POSIX time zone: name, offset, and perhaps a second name, its offset and two rules.
extension PosixTimeZone {
    /// Reads the whole of `text`; nil when it is not of the form. A zone with daylight saving time must have rules.
    init?(_ text: some Sequence<UInt8>) {
        var reader = Reader(rest: Array(text)[...])
        guard reader.name(), let west = reader.time(hoursMax: 24) else { return nil }
        let offset = -west
        guard !reader.rest.isEmpty else {
            self.init(offsetSeconds: offset, daylight: nil)
            return
        }
        guard reader.name() else { return nil }
        var daylightOffset = offset + 3600
        if reader.rest.first != UInt8(ascii: ",") {
            guard let west = reader.time(hoursMax: 24) else { return nil }
            daylightOffset = -west
        }
        guard let start = reader.rule(), let end = reader.rule(), reader.rest.isEmpty else { return nil }
        let daylight = Daylight(offsetSeconds: daylightOffset, start: start, end: end)
        self.init(offsetSeconds: offset, daylight: daylight)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        /// At least three letters, or at least three letters, digits and signs between `<` and `>`.
        mutating func name() -> Bool {
            let isQuoted = take("<")
            let name = rest.prefix { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): isQuoted
                default: false
                }
            }
            rest.removeFirst(name.count)
            return name.count >= 3 && (!isQuoted || take(">"))
        }

        mutating func number(in range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { $0 &- UInt8(ascii: "0") <= 9 }
            guard (1...3).contains(digits.count) else { return nil }
            rest.removeFirst(digits.count)
            let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return range.contains(number) ? number : nil
        }

        /// `[+-]h[:mm[:ss]]` in seconds.
        mutating func time(hoursMax: Int) -> Int? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard let hours = number(in: 0...hoursMax) else { return nil }
            var seconds = hours * 3600
            if take(":") {
                guard let minutes = number(in: 0...59) else { return nil }
                seconds += minutes * 60
                if take(":") {
                    guard let last = number(in: 0...59) else { return nil }
                    seconds += last
                }
            }
            return isNegative ? -seconds : seconds
        }

        /// `,day[/time]`; the time is 02:00 when it is not given.
        mutating func rule() -> Rule? {
            guard take(","), let day = day() else { return nil }
            guard take("/") else { return Rule(day: day, secondOfDay: 7200) }
            guard let second = time(hoursMax: 167) else { return nil }
            return Rule(day: day, secondOfDay: second)
        }

        private mutating func day() -> Day? {
            if take("J") { return number(in: 1...365).map { .julian($0) } }
            guard take("M") else { return number(in: 0...365).map { .zeroBased($0) } }
            guard let month = number(in: 1...12), take("."), let week = number(in: 1...5), take("."),
                let weekday = number(in: 0...6)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }
    }
}

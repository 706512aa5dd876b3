/// Dates and timestamps as PostgreSQL reads them. It reads very many forms; only the usual one is looked at closely,
/// and of the others only those without a digit and without one of the words that mean a moment.
enum TimeText {
    /// Why a value is neither; `other` says which of the two it should be.
    static func fault(_ value: Span<UInt8>, of other: ValueFault) -> ValueFault? {
        let start = value.behindSpaces(0)
        guard let date = yearMonthDay(value, start) else { return hasMeaning(value) ? nil : other }
        if let fault = date.fault { return fault }
        guard let hour = value.byte(at: date.end), hour == UInt8(ascii: " ") || hour | 0x20 == UInt8(ascii: "t") else {
            return nil
        }
        return clockFault(value, date.end + 1)
    }

    /// `2012-01-31` or `2012/01/31`, four digits for the year and the same separator twice.
    private static func yearMonthDay(_ value: Span<UInt8>, _ start: Int) -> (end: Int, fault: ValueFault?)? {
        let yearEnd = value.behindDigits(start)
        guard yearEnd - start == 4, let separator = value.byte(at: yearEnd), isSeparator(separator) else { return nil }
        let monthEnd = value.behindDigits(yearEnd + 1)
        guard (1...2).contains(monthEnd - yearEnd - 1), value.byte(at: monthEnd) == separator else { return nil }
        let dayEnd = value.behindDigits(monthEnd + 1)
        guard (1...2).contains(dayEnd - monthEnd - 1) else { return nil }
        // What follows may change the meaning, as in `2012-01-31 BC`; only a time of day is gone into.
        let rest = value.behindSpaces(dayEnd)
        guard rest == value.count || value[rest].isDigit || value[rest] | 0x20 == UInt8(ascii: "t") else { return nil }
        let year = value.number(in: start..<yearEnd)
        let month = value.number(in: (yearEnd + 1)..<monthEnd)
        let day = value.number(in: (monthEnd + 1)..<dayEnd)
        return (dayEnd, isDay(year, month, day) ? nil : .noSuchDay)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/") }

    private static func isDay(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        guard year > 0, (1...12).contains(month) else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
        return (1...days).contains(day)
    }

    /// `23:59` or `23:59:59` with nothing behind them but a fraction or a zone, which are not looked at.
    private static func clockFault(_ value: Span<UInt8>, _ start: Int) -> ValueFault? {
        let hourEnd = value.behindDigits(start)
        guard hourEnd - start == 2, value.byte(at: hourEnd) == UInt8(ascii: ":") else { return nil }
        let minuteEnd = value.behindDigits(hourEnd + 1)
        guard minuteEnd - hourEnd == 3 else { return nil }
        let hour = value.number(in: start..<hourEnd)
        let minute = value.number(in: (hourEnd + 1)..<minuteEnd)
        return hour > 24 || minute > 59 ? .noSuchTime : nil
    }

    /// Whether a value may mean a moment in some other form.
    private static func hasMeaning(_ value: Span<UInt8>) -> Bool {
        for index in 0..<value.count where value[index].isDigit { return true }
        let words: [StaticString] = ["now", "today", "tomorrow", "yesterday", "epoch", "infinity"]
        for word in words {
            let length = word.utf8CodeUnitCount
            for start in 0..<max(0, value.count - length + 1) where value.reads(word, in: start..<(start + length)) {
                return true
            }
        }
        return false
    }
}

/// Reads one field of a cron expression into a set of values.
enum CronFieldParser {
    /// One bit a value; what stands for no certain value, such as `L`, is noted in `days`.
    static func values(_ text: String, of field: CronField, _ days: inout CronDays) throws(CronError) -> UInt64 {
        var set: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let isSpecial =
                switch field {
                case .dayOfMonth: try noteDate(part, &days)
                case .dayOfWeek: try noteWeekday(part, &days)
                case .second, .minute, .hour, .month: false
                }
            if !isSpecial { set |= try values(ofPart: part, of: field) }
        }
        return set
    }

    /// `L`, `L-n`, `LW` or `nW`; false for anything else.
    private static func noteDate(_ part: Substring, _ days: inout CronDays) throws(CronError) -> Bool {
        let text = part.uppercased()
        if text == "L" {
            days.fromLast |= 1
        } else if text == "LW" {
            days.hasLastWeekday = true
        } else if text.hasPrefix("L-") {
            // L-30 is the first of a month of 31 days.
            guard let back = number(text.dropFirst(2)), (0...30).contains(back) else {
                throw CronError(.badDaysFromLast(shown(part)), in: .dayOfMonth)
            }
            days.fromLast |= 1 << back
        } else if text.hasSuffix("W"), number(text.dropLast()) != nil {
            days.nearestWeekdays |= 1 << (try value(part.dropLast(), of: .dayOfMonth))
        } else {
            return false
        }
        return true
    }

    /// `nL` or `n#m`, n a number or a name; false for anything else.
    private static func noteWeekday(_ part: Substring, _ days: inout CronDays) throws(CronError) -> Bool {
        if let place = part.firstIndex(of: "#") {
            let weekday = try value(part[..<place], of: .dayOfWeek) % 7
            guard let count = number(part[part.index(after: place)...]), (1...5).contains(count) else {
                throw CronError(.badWeekdayCount(shown(part)), in: .dayOfWeek)
            }
            days.nthOfWeekday |= 1 << (7 * count + weekday)
        } else if part.last?.uppercased() == "L", part.count > 1 {
            days.lastOfWeekday |= 1 << (try value(part.dropLast(), of: .dayOfWeek) % 7)
        } else {
            return false
        }
        return true
    }

    /// `*`, `*/n`, `a`, `a-b` or `a-b/n`.
    private static func values(ofPart part: Substring, of field: CronField) throws(CronError) -> UInt64 {
        let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bounds = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let range: ClosedRange<Int>
        if halves[0] == "*" {
            range = field.all
        } else {
            let first = try value(bounds[0], of: field)
            var last = first
            if bounds.count == 2 {
                last = try value(bounds[1], of: field)
                // FRI-SUN: a week that ends with Sunday.
                if field == .dayOfWeek, last == 0, first > 0, bounds[1].first?.isLetter == true { last = 7 }
            } else if halves.count == 2 {
                throw CronError(.stepWithoutRange(shown(part)), in: field)
            }
            guard first <= last else { throw CronError(.backwardRange(shown(halves[0])), in: field) }
            range = first...last
        }
        let step = halves.count == 2 ? try self.step(halves[1], of: field) : 1
        var set: UInt64 = 0
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) { set |= 1 << value }
        return set
    }

    private static func value(_ text: Substring, of field: CronField) throws(CronError) -> Int {
        guard !text.isEmpty else { throw CronError(.empty, in: field) }
        if let place = field.words.firstIndex(of: text.lowercased()) { return field.range.lowerBound + place }
        guard let number = number(text) else { throw CronError(.notAValue(shown(text)), in: field) }
        guard field.range.contains(number) else { throw CronError(.outOfRange(shown(text)), in: field) }
        return number
    }

    private static func step(_ text: Substring, of field: CronField) throws(CronError) -> Int {
        guard !text.isEmpty else { throw CronError(.empty, in: field) }
        guard let step = number(text), (1...field.all.count).contains(step) else {
            throw CronError(.badStep(shown(text)), in: field)
        }
        return step
    }

    /// A number without sign; nil for anything else. More than nine digits are beyond every field, as nine are.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) else { return nil }
        return text.utf8.prefix(9).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func shown(_ text: Substring) -> String { String(text.prefix(32)) }
}

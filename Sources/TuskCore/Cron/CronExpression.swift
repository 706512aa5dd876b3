/// When a schedule fires, in cron's five fields: minute, hour, day of month, month, day of week.
///
/// Debian's cron decides: values, `*`, ranges `a-b`, steps `*/n` and `a-b/n`, lists of them; names of months and
/// weekdays in any case; 0 and 7 are Sunday. When both day fields are restricted, a day that fits either will do; a
/// field that starts with `*` is not restricted. Besides, `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`,
/// `@yearly` and `@annually`.
package struct CronExpression: Sendable, Hashable {
    /// The longest expression, in bytes: all minutes, hours, days, months and weekdays written out fit.
    package static let bytesMax = 512

    /// The text as it came, without spaces around it.
    package let text: String

    /// One bit a value: bit 0 of `minutes` is minute 0, bit 1 of `days` is the first of the month.
    let minutes: UInt64
    let hours: UInt64
    let days: UInt64
    let months: UInt64
    /// Sunday is bit 0.
    let weekdays: UInt64
    /// Whether one of the day fields starts with `*`; then a day has to fit both.
    let needsBothDayFields: Bool
    /// Whether neither the minute nor the hour starts with `*`: such a schedule means certain times of the day.
    let isFixedTime: Bool

    /// Reads an expression; refuses those that can never fire, such as `0 0 30 2 *`.
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.bytesMax else { throw CronError(.tooLong) }
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { throw CronError(.notASCII) }
        let words = text.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }
        self.text = words.joined(separator: " ")
        let fields = try Self.expand(words)
        guard fields.count == CronField.allCases.count else { throw CronError(.fieldCount(fields.count)) }
        var sets: [UInt64] = []
        for (field, word) in zip(CronField.allCases, fields) {
            sets.append(try CronFieldParser.values(word, of: field))
        }
        minutes = sets[0]
        hours = sets[1]
        days = sets[2]
        months = sets[3]
        weekdays = (sets[4] | sets[4] >> 7) & 0x7F
        let isStar = fields.map { $0.utf8.first == UInt8(ascii: "*") }
        isFixedTime = !isStar[0] && !isStar[1]
        needsBothDayFields = isStar[2] || isStar[4]
        guard canFire else { throw CronError(.neverFires) }
    }

    private static func expand(_ words: [String]) throws(CronError) -> [String] {
        guard words.count == 1, let word = words.first, word.utf8.first == UInt8(ascii: "@") else { return words }
        switch word.lowercased() {
        case "@hourly": return ["0", "*", "*", "*", "*"]
        case "@daily", "@midnight": return ["0", "0", "*", "*", "*"]
        case "@weekly": return ["0", "0", "*", "*", "0"]
        case "@monthly": return ["0", "0", "1", "*", "*"]
        case "@yearly", "@annually": return ["0", "0", "1", "1", "*"]
        default: throw CronError(.unknownShorthand(String(word.prefix(32))))
        }
    }

    /// Whether some day fits. Over 400 years every date falls on every weekday, February 29 too, so only the days
    /// of the months count; and where either day field will do, there is always a weekday.
    private var canFire: Bool {
        guard needsBothDayFields else { return true }
        return (1...12).contains { month in
            let longest = CivilDate.dayCount(ofMonth: month, year: 2000)
            return Self.has(months, month) && days & (UInt64(1) << (longest + 1) - 1) != 0
        }
    }

    static func has(_ set: UInt64, _ value: Int) -> Bool { set >> value & 1 == 1 }
}

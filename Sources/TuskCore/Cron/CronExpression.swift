/// When a schedule fires: cron's five fields, minute, hour, day of month, month, day of week, or six with the second in
/// front; or `@every` and a duration.
///
/// Debian's cron decides: values, `*`, ranges `a-b`, steps `*/n` and `a-b/n`, lists of them; names of months and
/// weekdays in any case; 0 and 7 are Sunday. When both day fields are restricted, a day that fits either will do; a
/// field that starts with `*` is not restricted. Beyond Debian's:
///
///     day of month   L       the last day of the month; L-3 three days before it
///                    15W     the day from Monday to Friday nearest to the 15th, within the month; in no month
///                            without that date
///                    LW      the last day from Monday to Friday
///     day of week    5L      the last Friday of the month
///                    MON#2   the second Monday of the month
///
/// Besides, `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`. `@every 1h30m` fires
/// each time that so much has passed since 1970-01-01T00:00:00Z, in every zone: the times are a matter of the text
/// alone, so that replacing a schedule by the same one moves nothing.
package struct CronExpression: Sendable, Hashable {
    /// The longest expression, in bytes: all seconds, minutes, hours, days, months and weekdays written out fit.
    package static let bytesMax = 768
    /// The shortest and the longest time between two firings of `@every`.
    package static let everyRange: ClosedRange<Duration> = .seconds(1)...(.seconds(366 * 86_400))

    /// What the text says.
    enum Rule: Sendable, Hashable {
        /// Whole seconds.
        case every(seconds: Int64)
        case calendar(CronCalendar)
    }

    /// The text as it came, with one space between words.
    package let text: String
    let rule: Rule

    /// Reads an expression; refuses those that can never fire, such as `0 0 30 2 *`.
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.bytesMax else { throw CronError(.tooLong) }
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { throw CronError(.notASCII) }
        let words = text.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }
        self.text = words.joined(separator: " ")
        if words.count == 2, words[0].lowercased() == "@every" {
            rule = .every(seconds: try Self.everySeconds(words[1]))
        } else {
            rule = .calendar(try Self.calendar(try Self.expand(words)))
        }
    }

    private static func everySeconds(_ word: String) throws(CronError) -> Int64 {
        guard let duration = DurationText.parse(word.lowercased()), everyRange.contains(duration),
            duration.microseconds.isMultiple(of: 1_000_000)
        else { throw CronError(.badDuration(String(word.prefix(32)))) }
        return duration.microseconds / 1_000_000
    }

    private static func calendar(_ words: [String]) throws(CronError) -> CronCalendar {
        guard words.count == 5 || words.count == 6 else { throw CronError(.fieldCount(words.count)) }
        var sets: [CronField: UInt64] = [:]
        var days = CronDays()
        let texts = words.count == 6 ? words : ["0"] + words
        for (field, text) in zip(CronField.allCases, texts) {
            sets[field] = try CronFieldParser.values(text, of: field, &days)
        }
        func set(_ field: CronField) -> UInt64 { sets[field] ?? 0 }
        func isStar(_ field: CronField) -> Bool { texts[field.rawValue].utf8.first == UInt8(ascii: "*") }
        days.dates = set(.dayOfMonth)
        days.weekdays = (set(.dayOfWeek) | set(.dayOfWeek) >> 7) & 0x7F
        days.needsBoth = isStar(.dayOfMonth) || isStar(.dayOfWeek)
        let calendar = CronCalendar(
            seconds: set(.second),
            minutes: set(.minute),
            hours: set(.hour),
            months: set(.month),
            days: days,
            isFixedTime: !isStar(.minute) && !isStar(.hour)
        )
        guard calendar.canFire else { throw CronError(.neverFires, in: .dayOfMonth) }
        return calendar
    }

    private static func expand(_ words: [String]) throws(CronError) -> [String] {
        guard let word = words.first, word.utf8.first == UInt8(ascii: "@") else { return words }
        guard words.count == 1 else { throw CronError(.unknownShorthand(String(word.prefix(32)))) }
        switch word.lowercased() {
        case "@hourly": return ["0", "*", "*", "*", "*"]
        case "@daily", "@midnight": return ["0", "0", "*", "*", "*"]
        case "@weekly": return ["0", "0", "*", "*", "0"]
        case "@monthly": return ["0", "0", "1", "*", "*"]
        case "@yearly", "@annually": return ["0", "0", "1", "1", "*"]
        default: throw CronError(.unknownShorthand(String(word.prefix(32))))
        }
    }
}

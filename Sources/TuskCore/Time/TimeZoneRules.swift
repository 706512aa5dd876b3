/// How far local time is from UTC, and since when.
///
/// Made from the bytes of a TZif file; reading the file is the caller's part. Foundation is not asked, because it
/// knows no named zones in a statically linked program.
///
/// Source: RFC 9636, "The Time Zone Information Format (TZif)".
package struct TimeZoneRules: Sendable, Hashable {
    /// A stretch of time with one offset: `start` is in it, `end` is not. Seconds since 1970-01-01T00:00:00Z.
    package struct Period: Sendable, Hashable {
        /// `Int64.min` for the first one.
        package let start: Int64
        /// `Int64.max` when no further change is known.
        package let end: Int64
        /// Local time less UTC: positive east of Greenwich.
        package let offsetSeconds: Int
    }

    /// A change of the offset at one moment.
    struct Change: Sendable, Hashable {
        let at: Int64
        let offsetSeconds: Int
    }

    /// The offset before the first change.
    private let firstOffsetSeconds: Int
    /// In the order of time.
    private let changes: [Change]
    /// The rule that holds from the last change on; nil when that change holds for ever.
    private let rule: PosixTimeZone?

    init(firstOffsetSeconds: Int, changes: [Change], rule: PosixTimeZone?) {
        self.firstOffsetSeconds = firstOffsetSeconds
        self.changes = changes
        self.rule = rule
    }

    /// UTC: offset 0 for ever.
    package static let utc = TimeZoneRules(firstOffsetSeconds: 0, changes: [], rule: nil)

    /// The offset at a moment in seconds since 1970-01-01T00:00:00Z. Logarithmic in the number of changes.
    package func offsetSeconds(at second: Int64) -> Int { period(at: second).offsetSeconds }

    /// The period that a moment is in. Neighbouring periods may have the same offset.
    package func period(at second: Int64) -> Period {
        let later = indexOfFirstChange(after: second)
        if later == changes.count, let rule {
            let period = rule.period(at: second)
            // Before the last change the list speaks, not the rule.
            let start = max(period.start, changes.last?.at ?? .min)
            return Period(start: start, end: period.end, offsetSeconds: period.offsetSeconds)
        }
        return Period(
            start: later > 0 ? changes[later - 1].at : .min,
            end: later < changes.count ? changes[later].at : .max,
            offsetSeconds: later > 0 ? changes[later - 1].offsetSeconds : firstOffsetSeconds
        )
    }

    private func indexOfFirstChange(after second: Int64) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= second {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

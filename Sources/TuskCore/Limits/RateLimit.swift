/// How many jobs with a key may start in a time, over all workers: a bucket that gets a token each `period / max`,
/// keeps up to `burst` of them, and from which a job takes as many as its weight. In any time t at most
/// `burst + t * max / period` are taken.
public struct RateLimit: Sendable, Hashable {
    /// How many start in `period`: at least 1, and at most 10 a millisecond.
    public let max: Int
    /// The time that `max` is for: 1 ms to 31 days, cut to whole milliseconds.
    public let period: Duration
    /// How many may start at once after a time without any: 1...100,000.
    public let burst: Int

    package static let periodRange: ClosedRange<Duration> = .milliseconds(1) ... .seconds(31 * 86_400)
    package static let burstRange: ClosedRange<Int64> = 1...100_000
    /// At most 10 a millisecond, so that the time between two tokens is exact to a hundredth.
    private static let maxPerMillisecond: Int64 = 10
    /// What `max` may be for the longest period.
    package static let maxRange: ClosedRange<Int64> = 1...Int64(Int32.max)

    private enum Field: String, CaseIterable { case max, seconds, burst }

    /// Checks the numbers; nil for what is not allowed.
    public init?(_ max: Int, per period: Duration, burst: Int = 1) {
        guard Self.periodRange.contains(period), Self.burstRange.contains(Int64(burst)),
            Self.allows(Int64(max), period)
        else { return nil }
        self.max = max
        self.period = period
        self.burst = burst
    }

    /// Reads `{"max":100,"seconds":60,"burst":10}`; a burst that is missing is 1.
    package init(json: JSONValue, at pointer: String) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "a rate")
        if json.kind == .object {
            reader.require(.max)
            reader.require(.seconds)
        }
        let max = reader.wholeNumber(.max, in: Self.maxRange)
        let period = reader.seconds(.seconds, in: Self.periodRange)
        let burst = reader.wholeNumber(.burst, in: Self.burstRange) ?? 1
        if let max, let period, !Self.allows(max, period) { reader.refuse(.max, .outOfRange, Self.maxRule) }
        try reader.finish()
        guard let max, let period, let rate = RateLimit(Int(max), per: period, burst: Int(burst)) else {
            preconditionFailure("finish throws when a number is missing or not allowed")
        }
        self = rate
    }

    /// What `max` may be, in words.
    package static let maxRule = "must be at most \(maxPerMillisecond) for each millisecond of the time"

    private static func allows(_ max: Int64, _ period: Duration) -> Bool {
        maxRange.contains(max) && max <= period.microseconds / 1000 * maxPerMillisecond
    }

    /// What `init(json:at:)` reads.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(Field.max.rawValue)
        writer.raw(String(max).utf8)
        writer.key(Field.seconds.rawValue)
        writer.raw(period.secondsText.utf8)
        writer.key(Field.burst.rawValue)
        writer.raw(String(burst).utf8)
        writer.endObject()
    }
}

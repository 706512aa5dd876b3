/// When all jobs with a key wait, because the resource behind it is unavailable, and how they come back.
///
/// It opens after so many jobs in a row said that they found the resource unavailable. None of these loses an attempt.
/// After `hold` one job tries; when it completes two may run at once, then four, until 64 have passed together or
/// nothing was heard for an hour. When one finds the resource unavailable again, it stays open for twice as long each
/// time, up to 16 times.
public struct CircuitBreaker: Sendable, Hashable {
    /// How many in a row open it: 1...1,000.
    public let failures: Int
    /// How long no job starts before one tries: 1 s to 1 day, cut to whole milliseconds.
    public let hold: Duration

    package static let failuresRange: ClosedRange<Int64> = 1...1000
    package static let holdRange: ClosedRange<Duration> = .seconds(1) ... .seconds(86_400)
    /// What `hold` is when nobody says.
    public static let standardHold: Duration = .seconds(30)

    private enum Field: String, CaseIterable {
        case failures
        case hold = "hold_seconds"
    }

    /// Checks the numbers; nil for what is not allowed.
    public init?(failures: Int, hold: Duration = standardHold) {
        guard Self.failuresRange.contains(Int64(failures)), Self.holdRange.contains(hold) else { return nil }
        self.failures = failures
        self.hold = hold
    }

    /// Reads `{"failures":5,"hold_seconds":30}`; a time that is missing is 30 s.
    package init(json: JSONValue, at pointer: String) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "a breaker")
        if json.kind == .object { reader.require(.failures) }
        let failures = reader.wholeNumber(.failures, in: Self.failuresRange)
        let hold = reader.seconds(.hold, in: Self.holdRange) ?? Self.standardHold
        try reader.finish()
        guard let failures, let breaker = CircuitBreaker(failures: Int(failures), hold: hold) else {
            preconditionFailure("finish throws when a number is missing or not allowed")
        }
        self = breaker
    }

    /// The members of what `init(json:at:)` reads.
    package func writeMembers(to writer: inout JSONWriter) {
        writer.key(Field.failures.rawValue)
        writer.raw(String(failures).utf8)
        writer.key(Field.hold.rawValue)
        writer.raw(hold.secondsText.utf8)
    }
}

/// Jobs that go before the others of an operation, to see whether they fail again.
package struct Canary: Sendable, Hashable {
    /// How many go first.
    package let count: Int
    /// How many percent of them may fail again; when more do, the operation stops.
    package let failedPercentMax: Int

    package static let countRange: ClosedRange<Int> = 1...1000
    package static let percentRange: ClosedRange<Int> = 0...99
    /// What holds when nobody says.
    package static let failedPercentStandard = 0

    private enum Field: String, CaseIterable {
        case count
        case failedPercentMax = "failed_percent_max"
    }

    /// Checks the numbers; nil for what is out of range.
    package init?(count: Int, failedPercentMax: Int = failedPercentStandard) {
        guard Self.countRange.contains(count), Self.percentRange.contains(failedPercentMax) else { return nil }
        self.count = count
        self.failedPercentMax = failedPercentMax
    }

    /// Reads `{"count":20,"failed_percent_max":10}`; the second is 0 when it is missing.
    package init(json: JSONValue, at pointer: String) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "a canary")
        if json.kind == .object { reader.require(.count) }
        let count = reader.wholeNumber(.count, in: Self.wide(Self.countRange)).map { Int($0) }
        let percent = reader.wholeNumber(.failedPercentMax, in: Self.wide(Self.percentRange)).map { Int($0) }
        try reader.finish()
        guard let count else { preconditionFailure("finish throws when the count is missing or wrong") }
        self.count = count
        failedPercentMax = percent ?? Self.failedPercentStandard
    }

    private static func wide(_ range: ClosedRange<Int>) -> ClosedRange<Int64> {
        Int64(range.lowerBound)...Int64(range.upperBound)
    }

    /// Writes what `init(json:at:)` reads.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(Field.count.rawValue)
        writer.int(count)
        writer.key(Field.failedPercentMax.rawValue)
        writer.int(failedPercentMax)
        writer.endObject()
    }
}

/// How many jobs with a key may run at once and start in a time, over all workers, and its weight in a fair share.
public struct KeyLimit: Sendable, Hashable {
    /// `queue:NAME`, `kind:NAME`, a key that jobs name such as `tenant:7`, or a class of those such as `tenant:*`,
    /// which counts for each key of it that has no limit of its own.
    public let key: String
    /// The most that run at once: 1...100,000; nil: any number. Jobs count with their weight.
    public let runningMax: Int?
    /// How many start in a time; nil: any number. Jobs take tokens by their weight.
    public let rate: RateLimit?
    /// What stops all jobs with the key while their resource is unavailable; nil: nothing does.
    public let breaker: CircuitBreaker?
    /// How many turns jobs with this fair key get for each of a key without a weight: 1...1,000; nil: one.
    public let shareWeight: Int?

    /// The limits there may be.
    package static let range: ClosedRange<Int64> = 1...100_000
    /// The weights there may be.
    package static let shareRange: ClosedRange<Int64> = 1...1000
    /// What a key may be, in words.
    package static let keyRule = "must be queue:NAME, kind:NAME, a name that jobs give, or a class such as tenant:*"

    private enum Field: String, CaseIterable {
        case runningMax = "running_max"
        case rate
        case breaker
        case shareWeight = "share_weight"
    }

    /// Checks the key and the numbers; nil for what is not allowed, and when there is none of them. Only keys that jobs
    /// name, and classes of those, have a share.
    public init?(
        _ key: String,
        runningMax: Int? = nil,
        rate: RateLimit? = nil,
        breaker: CircuitBreaker? = nil,
        shareWeight: Int? = nil
    ) {
        guard Self.allows(key), runningMax != nil || rate != nil || breaker != nil || shareWeight != nil else {
            return nil
        }
        if let runningMax, !Self.range.contains(Int64(runningMax)) { return nil }
        if let shareWeight, !Self.shareRange.contains(Int64(shareWeight)) || JobLimit.isReserved(key) { return nil }
        self.key = key
        self.runningMax = runningMax
        self.rate = rate
        self.breaker = breaker
        self.shareWeight = shareWeight
    }

    /// Reads `{"running_max":3,"rate":{"max":100,"seconds":60},"breaker":{"failures":5,"hold_seconds":30},
    /// "share_weight":2}` from a request about a key, one of them at least.
    package init(_ key: String, json: JSONValue) throws(ValidationError) {
        guard Self.allows(key) else { throw ValidationError(pointer: "#/key", .invalidName, "key \(Self.keyRule)") }
        var reader = FieldReader<Field>(json, at: JSONPointer.root, what: "a limit")
        let (rate, breaker) = (reader.value(.rate), reader.value(.breaker))
        if rate == nil, breaker == nil, reader.value(.shareWeight) == nil, json.kind == .object {
            reader.require(.runningMax)
        }
        let number = reader.wholeNumber(.runningMax, in: Self.range)
        let weight = reader.wholeNumber(.shareWeight, in: Self.shareRange)
        if weight != nil, JobLimit.isReserved(key) {
            reader.refuse(.shareWeight, .conflictingFields, "is for keys that jobs name, and classes of those")
        }
        try reader.finish()
        let limit = KeyLimit(
            key,
            runningMax: number.map { Int($0) },
            rate: try rate.map { value throws(ValidationError) in
                try RateLimit(json: value, at: reader.pointer(to: .rate))
            },
            breaker: try breaker.map { value throws(ValidationError) in
                try CircuitBreaker(json: value, at: reader.pointer(to: .breaker))
            },
            shareWeight: weight.map { Int($0) }
        )
        guard let limit else { preconditionFailure("finish throws when there is none of them") }
        self = limit
    }

    /// Whether a text can be the key of a limit.
    package static func allows(_ key: String) -> Bool {
        var name = Substring(key)
        if let prefix = ["queue:", "kind:"].first(where: { key.hasPrefix($0) }) {
            name = key.dropFirst(prefix.count)
        } else if name.hasSuffix(":*") {
            name = name.dropLast(2)
        }
        return NameRule.allows(String(name))
    }
}

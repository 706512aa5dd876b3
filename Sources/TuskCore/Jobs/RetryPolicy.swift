/// How long a failed job waits for its next attempt.
///
/// A policy made by hand is checked when a job takes it; see `NewJob`.
public enum RetryPolicy: Sendable, Hashable {
    /// The first delay is `base`, each further one `factor` times the last, none above `max`; then a random part of
    /// up to `jitter` of the delay is taken away, so that jobs that failed together do not come back together.
    case exponential(base: Duration, factor: Double = 2, max: Duration, jitter: Double = 0.2)
    /// The delay after `n` attempts is `n` times `step`, and not above `max`.
    case linear(step: Duration, max: Duration)
    /// The same delay each time.
    case fixed(delay: Duration)
    /// One delay for each attempt; the last holds for all that follow.
    case list([Duration])

    /// For jobs and queues that name none: 2 s, doubling up to 6 h, less up to a fifth.
    public static let standard = RetryPolicy.exponential(base: .seconds(2), max: .seconds(21_600))

    /// The longest delay of any policy: 365 days.
    package static let delayMax = Duration.seconds(365 * 86_400)
    /// The most delays in a list.
    package static let listCountMax = 100
    /// The largest factor of an exponential policy.
    package static let factorMax = 100.0

    /// The delay before the attempt after this one.
    ///
    /// - Parameters:
    ///   - attempt: the number of the attempt that failed, from 1.
    ///   - random: from 0 up to but not including 1; only exponential policies use it.
    /// - Returns: from zero to `delayMax`, whatever the policy says.
    package func delay(afterAttempt attempt: Int, random: Double) -> Duration {
        let attempt = Swift.max(attempt, 1)
        let delay: Duration
        switch self {
        case .exponential(let base, let factor, let max, let jitter):
            let full = Self.grown(base, by: factor, attempt - 1, max: max)
            delay = full * (1 - Swift.min(Swift.max(jitter, 0), 1) * random)
        case .linear(let step, let max):
            delay = Swift.min(Swift.min(step, Self.delayMax) * attempt, max)
        case .fixed(let fixed):
            delay = fixed
        case .list(let delays):
            delay = delays.isEmpty ? .zero : delays[Swift.min(attempt, delays.count) - 1]
        }
        return Swift.min(Swift.max(delay, .zero), Self.delayMax)
    }

    /// `base` times `factor` to the power of `times`, at most `max`; stops as soon as it is there.
    private static func grown(_ base: Duration, by factor: Double, _ times: Int, max: Duration) -> Duration {
        let ceiling = Swift.min(max, delayMax)
        var delay = Swift.min(base, ceiling)
        for _ in 0..<times where factor > 1 && delay > .zero {
            guard delay < ceiling else { return ceiling }
            delay = Swift.min(delay * Swift.min(factor, factorMax), ceiling)
        }
        return delay
    }
}

// MARK: JSON

extension RetryPolicy {
    private enum Field: String, CaseIterable {
        case policy
        case baseSeconds = "base_seconds"
        case factor
        case maxSeconds = "max_seconds"
        case jitter
        case stepSeconds = "step_seconds"
        case delaySeconds = "delay_seconds"
        case delaysSeconds = "delays_seconds"
    }

    private enum Name: String, CaseIterable {
        case exponential, linear, fixed, list

        /// The fields of this policy besides its name.
        var fields: [Field] {
            switch self {
            case .exponential: [.baseSeconds, .factor, .maxSeconds, .jitter]
            case .linear: [.stepSeconds, .maxSeconds]
            case .fixed: [.delaySeconds]
            case .list: [.delaysSeconds]
            }
        }
    }

    /// Reads `{"policy":"exponential","base_seconds":2,"factor":2,"max_seconds":21600,"jitter":0.2}` (factor and
    /// jitter may be left out), `{"policy":"linear","step_seconds":5,"max_seconds":60}`,
    /// `{"policy":"fixed","delay_seconds":10}` or `{"policy":"list","delays_seconds":[1,10,60]}`.
    package init(json: JSONValue, at pointer: String = JSONPointer.root) throws(ValidationError) {
        var reader = FieldReader<Field>(json, at: pointer, what: "a retry policy")
        try reader.finish()
        reader.require(.policy)
        let word = reader.string(.policy)
        try reader.finish()
        guard let name = Name.allCases.first(where: { $0.rawValue == word }) else {
            reader.refuse(.policy, .unknownValue, "must be exponential, linear, fixed or list")
            try reader.finish()
            preconditionFailure("finish throws what was refused")
        }
        for field in Field.allCases where field != .policy && !name.fields.contains(field) {
            if reader.value(field) != nil {
                reader.refuse(field, .unknownField, "is not used by the policy \(name.rawValue)")
            }
        }
        self = try Self.read(name, from: &reader)
    }

    private static func read(
        _ name: Name,
        from reader: inout FieldReader<Field>
    ) throws(ValidationError) -> RetryPolicy {
        for field in name.fields where field != .factor && field != .jitter { reader.require(field) }
        let range = Duration.zero...delayMax
        let policy: RetryPolicy
        switch name {
        case .exponential:
            let factor = reader.number(.factor, in: 1...factorMax) ?? 2
            let jitter = reader.number(.jitter, in: 0...1) ?? 0.2
            let base = reader.seconds(.baseSeconds, in: range) ?? .zero
            let max = reader.seconds(.maxSeconds, in: range) ?? .zero
            policy = .exponential(base: base, factor: factor, max: max, jitter: jitter)
        case .linear:
            let step = reader.seconds(.stepSeconds, in: range) ?? .zero
            policy = .linear(step: step, max: reader.seconds(.maxSeconds, in: range) ?? .zero)
        case .fixed:
            policy = .fixed(delay: reader.seconds(.delaySeconds, in: range) ?? .zero)
        case .list:
            policy = .list(reader.secondsList(.delaysSeconds, count: 1...listCountMax, in: range) ?? [])
        }
        try reader.finish()
        return policy
    }

    /// What `init(json:)` reads, with all fields written out.
    package var json: JSONText {
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        switch self {
        case .exponential(let base, let factor, let max, let jitter):
            Self.write(.exponential, to: &writer)
            Self.write(.baseSeconds, base, to: &writer)
            Self.write(.factor, factor, to: &writer)
            Self.write(.maxSeconds, max, to: &writer)
            Self.write(.jitter, jitter, to: &writer)
        case .linear(let step, let max):
            Self.write(.linear, to: &writer)
            Self.write(.stepSeconds, step, to: &writer)
            Self.write(.maxSeconds, max, to: &writer)
        case .fixed(let delay):
            Self.write(.fixed, to: &writer)
            Self.write(.delaySeconds, delay, to: &writer)
        case .list(let delays):
            Self.write(.list, to: &writer)
            writer.key(Field.delaysSeconds.rawValue)
            writer.beginArray()
            for delay in delays { writer.raw(delay.secondsText.utf8) }
            writer.endArray()
        }
        writer.endObject()
        return writer.text
    }

    private static func write(_ name: Name, to writer: inout JSONWriter) {
        writer.key(Field.policy.rawValue)
        writer.string(name.rawValue)
    }

    private static func write(_ field: Field, _ delay: Duration, to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.raw(delay.secondsText.utf8)
    }

    private static func write(_ field: Field, _ number: Double, to writer: inout JSONWriter) {
        writer.key(field.rawValue)
        writer.double(number)
    }
}

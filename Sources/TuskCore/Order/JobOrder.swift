/// The line that a job stands in: jobs with the same order key run one at a time, in the order of their enqueues.
public struct JobOrder: Sendable, Hashable {
    /// What becomes of those behind a job that was discarded. One that completed or was cancelled lets the next go.
    public enum DiscardPolicy: Sendable, Hashable {
        /// They wait until somebody retries it or releases the key.
        case block
        /// They wait that long at most: 1 s to 365 days.
        case blockFor(Duration)
        /// They go on without it.
        case skip
    }

    /// The order key, such as `customer:7`: 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`.
    public let key: String
    /// What becomes of those behind it when it is discarded.
    public let onDiscard: DiscardPolicy

    /// How long those behind a discarded job may have to wait.
    package static let blockRange: ClosedRange<Duration> = .seconds(1) ... .seconds(365 * 86_400)

    /// Checked when a job takes it; see `NewJob`.
    public init(_ key: String, onDiscard: DiscardPolicy = .block) {
        self.key = key
        self.onDiscard = onDiscard
    }
}

extension JobOrder {
    private enum Field: String, CaseIterable {
        case key
        case onDiscard = "on_discard"
        case blockSeconds = "block_seconds"
    }

    private static let skip = "skip"

    /// Reads a key, or `{"key":"customer:7","on_discard":"skip"}`, or `{"key":"customer:7","block_seconds":60}`.
    package init(json: JSONValue, at pointer: String) throws(ValidationError) {
        guard json.kind == .object else {
            self.init(try Self.checked(json.string, at: pointer))
            return
        }
        var reader = FieldReader<Field>(json, at: pointer, what: "order")
        reader.require(.key)
        let word = reader.string(.onDiscard)
        if let word, word != "block", word != Self.skip {
            reader.refuse(.onDiscard, .unknownValue, "must be block or skip")
        }
        if reader.value(.blockSeconds) != nil, word == Self.skip {
            reader.refuse(.blockSeconds, .conflictingFields, "cannot be given together with skip")
        }
        let time = reader.seconds(.blockSeconds, in: Self.blockRange)
        try reader.finish()
        let key = try Self.checked(reader.value(.key)?.string, at: reader.pointer(to: .key))
        self.init(key, onDiscard: word == Self.skip ? .skip : time.map { .blockFor($0) } ?? .block)
    }

    private static func checked(_ key: String?, at pointer: String) throws(ValidationError) -> String {
        guard let key, NameRule.allows(key) else {
            throw ValidationError(pointer: pointer, .invalidName, "an order key \(NameRule.text)")
        }
        return key
    }

    /// What `init(json:at:)` reads: the key alone when nothing else is to be said.
    package func write(to writer: inout JSONWriter) {
        guard onDiscard != .block else { return writer.string(key) }
        writer.beginObject()
        writer.key(Field.key.rawValue)
        writer.string(key)
        if case .blockFor(let time) = onDiscard {
            writer.key(Field.blockSeconds.rawValue)
            writer.raw(time.secondsText.utf8)
        } else {
            writer.key(Field.onDiscard.rawValue)
            writer.string(Self.skip)
        }
        writer.endObject()
    }
}

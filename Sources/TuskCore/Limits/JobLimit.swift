/// A concurrency limit that a job names: it counts for the key while it runs. How many may run at once the operators
/// say, for the key or for its class; until they do, it has no effect.
public struct JobLimit: Sendable, Hashable {
    /// What is limited, such as `tenant:7`: 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`, not
    /// beginning with `queue:` or `kind:`, which count by themselves.
    public let key: String
    /// How much the job counts: 1...1000. A job that weighs more than the whole limit counts as all of it.
    public let weight: Int

    /// The weights a job may have.
    package static let weightRange: ClosedRange<Int64> = 1...1000
    /// The most limits of one job.
    package static let countMax = 4

    /// Checks the key and the weight; nil for what is not allowed.
    public init?(_ key: String, weight: Int = 1) {
        guard NameRule.allows(key), !Self.isReserved(key), Self.weightRange.contains(Int64(weight)) else { return nil }
        self.key = key
        self.weight = weight
    }

    /// Whether a key is that of a queue or a kind.
    package static func isReserved(_ key: String) -> Bool {
        key.hasPrefix("queue:") || key.hasPrefix("kind:")
    }
}

extension JobLimit {
    private enum Field: String, CaseIterable {
        case key, weight
    }

    /// Reads the limits of a job: an array of keys or of objects with a key and a weight.
    package static func list(json: JSONValue, at pointer: String) throws(ValidationError) -> [JobLimit] {
        let elements = Array(json.elements)
        guard json.kind == .array, (1...countMax).contains(elements.count) else {
            let code = elements.count > countMax ? ValidationError.Code.tooMany : .wrongType
            throw ValidationError(pointer: pointer, code, "limits must be an array of 1 to \(countMax) limits")
        }
        var limits: [JobLimit] = []
        for (index, element) in elements.enumerated() {
            let place = JSONPointer.element(index, of: pointer)
            let limit = try JobLimit(json: element, at: place)
            guard !limits.contains(where: { $0.key == limit.key }) else {
                throw ValidationError(pointer: place, .duplicate, "the limit \(limit.key) is given twice")
            }
            limits.append(limit)
        }
        return limits
    }

    private init(json: JSONValue, at pointer: String) throws(ValidationError) {
        guard json.kind == .object else {
            try self.init(key: json.string, weight: 1, at: pointer)
            return
        }
        var reader = FieldReader<Field>(json, at: pointer, what: "a limit")
        reader.require(.key)
        let weight = reader.wholeNumber(.weight, in: Self.weightRange)
        try reader.finish()
        try self.init(key: reader.value(.key)?.string, weight: Int(weight ?? 1), at: reader.pointer(to: .key))
    }

    private init(key: String?, weight: Int, at pointer: String) throws(ValidationError) {
        guard let key, NameRule.allows(key) else {
            throw ValidationError(pointer: pointer, .invalidName, "a limit's key \(NameRule.text)")
        }
        guard let limit = JobLimit(key, weight: weight) else {
            let rule = "a limit's key cannot begin with queue: or kind:, which count by themselves"
            throw ValidationError(pointer: pointer, .invalidName, rule)
        }
        self = limit
    }

    /// As it is written in a job: the key alone when it counts once.
    package func write(to writer: inout JSONWriter) {
        guard weight != 1 else { return writer.string(key) }
        writer.beginObject()
        writer.key(Field.key.rawValue)
        writer.string(key)
        writer.key(Field.weight.rawValue)
        writer.int(weight)
        writer.endObject()
    }
}

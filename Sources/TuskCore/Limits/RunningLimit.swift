/// How many jobs with a key may run at once, over all workers.
public struct RunningLimit: Sendable, Hashable {
    /// `queue:NAME`, `kind:NAME`, a key that jobs name such as `tenant:7`, or a class of those such as `tenant:*`,
    /// which counts for each key of it that has no limit of its own.
    public let key: String
    /// The most that run at once: 1...100,000. Jobs count with their weight.
    public let runningMax: Int

    /// The limits there may be.
    package static let range: ClosedRange<Int64> = 1...100_000
    /// What a key may be, in words.
    package static let keyRule = "must be queue:NAME, kind:NAME, a name that jobs give, or a class such as tenant:*"

    private enum Field: String, CaseIterable {
        case runningMax = "running_max"
    }

    /// Checks the key and the number; nil for what is not allowed.
    public init?(_ key: String, runningMax: Int) {
        guard Self.allows(key), Self.range.contains(Int64(runningMax)) else { return nil }
        self.key = key
        self.runningMax = runningMax
    }

    /// Reads the number from a request about a key.
    package init(_ key: String, json: JSONValue) throws(ValidationError) {
        guard Self.allows(key) else { throw ValidationError(pointer: "#/key", .invalidName, "key \(Self.keyRule)") }
        var reader = FieldReader<Field>(json, at: JSONPointer.root, what: "a limit")
        if json.kind == .object { reader.require(.runningMax) }
        let number = reader.wholeNumber(.runningMax, in: Self.range)
        try reader.finish()
        guard let number, let limit = RunningLimit(key, runningMax: Int(number)) else {
            preconditionFailure("finish throws when there is no number")
        }
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

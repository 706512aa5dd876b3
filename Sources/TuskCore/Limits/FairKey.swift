/// Whose share of its queue and band a job takes, such as `tenant:7`: keys that have jobs waiting take turns, by
/// weight. 1...128 bytes of ASCII letters, digits, `_`, `.`, `:` and `-`, not beginning with `queue:` or `kind:`.
public struct FairKey: Sendable, Hashable, CustomStringConvertible {
    /// The key.
    public let text: String

    /// The key.
    public var description: String { text }

    /// Checks the key; nil for what is not allowed.
    public init?(_ text: String) {
        guard NameRule.allows(text), !JobLimit.isReserved(text) else { return nil }
        self.text = text
    }

    init(json: JSONValue, at pointer: String) throws(ValidationError) {
        guard let text = json.string else {
            throw ValidationError(pointer: pointer, .wrongType, "fair_key must be a string")
        }
        guard NameRule.allows(text) else {
            throw ValidationError(pointer: pointer, .invalidName, "fair_key \(NameRule.text)")
        }
        guard let key = FairKey(text) else {
            throw ValidationError(pointer: pointer, .invalidName, "fair_key cannot begin with queue: or kind:")
        }
        self = key
    }
}

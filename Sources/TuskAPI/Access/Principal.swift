import TuskCore
package import TuskStore

/// Who asks, and what they may do.
struct Principal: Sendable, Hashable {
    /// Unique; what idempotency keys are kept apart by.
    let id: String
    /// For people: in the records of pauses and cancels.
    let name: String
    let scopes: Set<Scope>
    /// How many requests this process takes from them; nil: any number.
    var rate: RateLimit?

    /// Everybody, where no credentials are asked for.
    static let anonymous = Principal(id: "anonymous", name: "anonymous", scopes: Set(Scope.allCases))
    /// Whoever asks for what is open to all.
    static let nobody = Principal(id: "nobody", name: "nobody", scopes: [])

    /// Whether a resource that needs `scope` is open to them. `admin` opens all.
    func may(_ scope: Scope) -> Bool {
        scopes.contains(scope) || scopes.contains(.admin)
    }
}

/// Who may use a route.
package enum Access: Sendable, Hashable {
    /// Everybody: probes and what says what this is.
    case open
    /// Everybody who asks from this machine itself; others need the scope.
    case openOnLoopback(Scope)
    /// Whoever has the scope.
    case scope(Scope)
}

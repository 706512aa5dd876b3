/// One SQL statement and what to call it in errors and metrics.
package struct Statement: Sendable, Hashable {
    /// A short name without spaces, such as `claim_jobs`.
    package let name: String
    /// The SQL with `$1`, `$2` ... for parameters.
    package let text: String
    /// Whether running it changes nothing, so that a lost answer leaves nothing in doubt. The author promises it.
    package let isReadOnly: Bool
    /// Whether sessions with pinned plans prepare it at its first use and keep its plan. Pays for statements that run
    /// many times a second: planning a settlement takes as long as settling a thousand jobs.
    package let isKept: Bool

    /// A statement; pass `isReadOnly` only when running it twice, once or never makes no difference.
    package init(name: String, text: String, isReadOnly: Bool = false, isKept: Bool = false) {
        precondition(!text.utf8.contains(0), "a statement cannot contain a NUL byte")
        self.name = name
        self.text = text
        self.isReadOnly = isReadOnly
        self.isKept = isKept
    }
}

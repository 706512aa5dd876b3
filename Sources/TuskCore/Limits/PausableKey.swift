/// How long a pause lasts that ends by itself.
package enum PauseEnd: Sendable, Hashable {
    /// Until this moment.
    case at(Timestamp)
    /// For this long, by the database's clock.
    case after(Duration)

    /// How long a pause may last that is given as a time: a second to 365 days.
    package static let range: ClosedRange<Duration> = .seconds(1) ... .seconds(365 * 86_400)
}

/// What can be paused beside queues and schedules: `kind:NAME`, a key that jobs name in their limits such as
/// `tenant:7`, or a class of those such as `tenant:*`.
package struct PausableKey: Sendable, Hashable {
    /// The key.
    package let text: String

    /// What a key may be, in words.
    package static let rule =
        "must be kind:NAME, a key that jobs name, or a class such as tenant:*; a queue is paused by its name"

    /// Checks the key; nil for what is not allowed.
    package init?(_ text: String) {
        guard KeyLimit.allows(text), !text.hasPrefix("queue:") else { return nil }
        self.text = text
    }
}

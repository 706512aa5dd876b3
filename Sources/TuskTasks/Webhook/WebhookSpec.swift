package import Tusk

/// A receiver that jobs of a kind are sent to, as the configuration has it.
package struct WebhookSpec: Sendable {
    /// The kind of its jobs.
    package let kind: Kind
    /// Where they are posted to: http or https, without user and password.
    package let url: String
    /// What each request is signed with; the receiver needs one of them. Not empty.
    package let keys: [WebhookKey]
    /// How long one attempt may take, unless the job says. Defaults to 30 seconds.
    package let timeout: Duration

    /// The time for one attempt unless the configuration says.
    package static let timeoutDefault = Duration.seconds(30)
    /// The most keys of one receiver.
    package static let keysMax = 8

    /// A receiver; `url` has been looked at by `HTTPURL`.
    package init(kind: Kind, url: String, keys: [WebhookKey], timeout: Duration = timeoutDefault) {
        precondition((1...Self.keysMax).contains(keys.count), "a webhook has from 1 to \(Self.keysMax) keys")
        self.kind = kind
        self.url = url
        self.keys = keys
        self.timeout = timeout
    }
}

/// Counts how often a token was refused, so that a program with a key that was revoked does not load the database.
///
/// A bucket for each token, found by its digest: each failure takes one out, time puts them back. It is not counted by
/// address: behind a proxy all clients have the same one, and somebody's wrong tokens would lock out everybody's right
/// ones. A secret has 256 bits, so guessing needs no limit for its own sake; what it costs the database is bounded by
/// the one lane that looks up strangers.
struct FailureLimiterState {
    struct Limits: Sendable {
        /// Failures in a row before a token has to wait.
        var burst = 20
        /// How long it takes until one more failure is allowed.
        var refill = Duration.seconds(3)
        /// The most tokens remembered.
        var tokensMax = 10_000
    }

    /// When the bucket will be full again: one number says how full it is at any time.
    private typealias FullAt = ContinuousClock.Instant

    private let limits: Limits
    /// Two halves: when the first is full it becomes the second, and what the second had is forgotten. So nothing is
    /// ever searched for what is old; who is forgotten early may try again.
    private var recent: [[UInt8]: FullAt] = [:]
    private var older: [[UInt8]: FullAt] = [:]

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var count: Int { recent.count + older.count }

    /// Whether a token that nothing is known about may be looked up.
    func mayTry(_ hash: [UInt8], now: ContinuousClock.Instant) -> Bool {
        guard let fullAt = recent[hash] ?? older[hash] else { return true }
        return now.duration(to: fullAt) <= limits.refill * (limits.burst - 1)
    }

    /// Notes that a token did not work.
    mutating func noteFailure(_ hash: [UInt8], now: ContinuousClock.Instant) {
        let start = max(recent[hash] ?? older[hash] ?? now, now)
        if recent[hash] == nil, recent.count >= limits.tokensMax / 2 { (recent, older) = ([:], recent) }
        let emptyAt = now.advanced(by: limits.refill * limits.burst)
        recent[hash] = min(start.advanced(by: limits.refill), emptyAt)
    }
}

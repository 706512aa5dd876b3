/// Counts failed attempts to authenticate, so that guessing does not load the database.
///
/// A bucket for each address: each failure takes a token out, time puts them back. Addresses beyond the limit share one
/// bucket, so memory is bounded whatever happens.
struct FailureLimiterState {
    struct Limits: Sendable {
        /// Failures in a row before an address has to wait.
        var burst = 20
        /// How long it takes until one more failure is allowed.
        var refill = Duration.seconds(3)
        /// Addresses remembered apart.
        var addressesMax = 10_000
    }

    /// When the bucket will be full again: one number says how full it is at any time.
    private typealias FullAt = ContinuousClock.Instant

    private let limits: Limits
    private var buckets: [String: FullAt] = [:]

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var count: Int { buckets.count }

    /// Whether the address may try credentials that nothing is known about.
    func mayTry(_ address: String, now: ContinuousClock.Instant) -> Bool {
        guard let fullAt = buckets[address] ?? overflow else { return true }
        return now.duration(to: fullAt) <= limits.refill * (limits.burst - 1)
    }

    /// Notes that credentials of the address did not work.
    mutating func noteFailure(_ address: String, now: ContinuousClock.Instant) {
        var key = address
        if buckets[address] == nil, buckets.count >= limits.addressesMax {
            buckets = buckets.filter { $0.value > now }
            if buckets.count >= limits.addressesMax { key = Self.overflowKey }
        }
        let start = max(buckets[key] ?? now, now)
        let emptyAt = now.advanced(by: limits.refill * limits.burst)
        buckets[key] = min(start.advanced(by: limits.refill), emptyAt)
    }

    /// No address is empty.
    private static let overflowKey = ""

    private var overflow: FullAt? {
        buckets.count >= limits.addressesMax ? buckets[Self.overflowKey] : nil
    }
}

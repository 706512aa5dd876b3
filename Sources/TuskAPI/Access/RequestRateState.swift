import TuskCore

/// Counts the requests of keys that have a rate, each key by itself and for this process only.
///
/// A token comes each `period / max`, up to `burst` of them are kept, and each request takes one: the generic cell rate
/// algorithm, as for jobs. One moment says how many tokens there are at any time.
struct RequestRateState {
    private typealias FullAt = ContinuousClock.Instant

    /// The most keys remembered, unless more than that are short of tokens.
    static let keysMax = 10_000

    /// When each key has all its tokens again. Who is not here has them.
    private var fullAts: [String: FullAt] = [:]
    private var pruneCount = keysMax

    var count: Int { fullAts.count }

    /// Takes a token of a key; nil: there was one, otherwise how long it takes until one comes.
    mutating func take(_ key: String, _ rate: RateLimit, now: ContinuousClock.Instant) -> Duration? {
        let step = rate.period / rate.max
        let start = max(fullAts[key] ?? now, now)
        let wait = now.duration(to: start) + step - step * rate.burst
        guard wait <= .zero else { return wait }
        if fullAts.count >= pruneCount {
            fullAts = fullAts.filter { $0.value > now }
            pruneCount = max(Self.keysMax, 2 * fullAts.count)
        }
        fullAts[key] = start.advanced(by: step)
        return nil
    }
}

import TuskCore
import TuskStore

/// Rates of keys, used from within a handler: for what a job does several times, or finds out only when it runs.
///
/// Both block the calling thread, which is the slot's own in a handler, until the database has answered, and throw
/// `TuskError.database` when it does not.
extension JobContext {
    /// How long a key may be held back: 1 day.
    public static let holdMax = Duration.seconds(86_400)

    /// Takes tokens of the rate of a key, as a job does that names it in its limits. Answers how long it takes until
    /// they are there: wait so long before the call that the rate is for. Zero when they are there, and for a key
    /// without a rate.
    ///
    /// - Parameters:
    ///   - key: A key of a limit, such as `api:example`.
    ///   - weight: How many tokens, from 1; more than the burst of the rate counts as the burst.
    ///   - waitMax: The longest wait that is of use, to whole milliseconds.
    /// - Returns: Nil when they come later than `waitMax`; then none is taken.
    /// - Throws: `TuskError.database` when the database does not answer.
    public func takeTokens(of key: String, weight: Int = 1, within waitMax: Duration) throws(TuskError) -> Duration? {
        precondition((1...100_000).contains(weight), "weight must be 1...100,000")
        return try withSession { session throws(StoreError) in
            try session.takeRate(key, weight: weight, waitMax: max(.zero, waitMax))
        }
    }

    /// Lets no job that names a key start for a time, because the other side said so (`Retry-After`); then they start
    /// at their rate again, from one. What runs goes on. A time beyond `holdMax` counts as that.
    ///
    /// - Returns: False when the key has no rate; then nothing is held back.
    /// - Throws: `TuskError.database` when the database does not answer.
    @discardableResult
    public func holdBack(_ key: String, for time: Duration) throws(TuskError) -> Bool {
        try withSession { session throws(StoreError) in
            try session.holdBack(key, for: min(max(.zero, time), Self.holdMax))
        }
    }
}

import TuskStore

/// The keys that worked lately, so that most requests need not ask the database.
///
/// Found by the digest of the whole token: a right key id with a wrong secret is as unknown here as any other guess.
///
/// ```
///            refreshAfter            freshTime                 staleTime
/// usable, ---------------> usable, -----------> to be looked up, ---------> forgotten
///  quiet                   one refreshes         but no guess
/// ```
struct KeyCacheState {
    struct Limits: Sendable {
        /// How long an answer of the database is relied on: the longest time that a revoked key still works.
        var freshTime = Duration.seconds(5)
        /// From this age on one request in passing asks the database anew, so that none has to wait for it.
        var refreshAfter = Duration.milliseconds(2500)
        /// How long a token that worked is known not to be a guess.
        var staleTime = Duration.seconds(3600)
        /// The most tokens kept.
        var tokensMax = 10_000
    }

    enum Answer: Equatable {
        /// It works.
        case usable(Principal, mustRefresh: Bool)
        /// It worked some time ago; ask the database.
        case stale
        /// Nothing is known; ask the database.
        case unknown
    }

    private struct Entry {
        var principal: Principal
        var readAt: ContinuousClock.Instant
        var isRefreshing = false
    }

    private let limits: Limits
    private var entries: [[UInt8]: Entry] = [:]

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var count: Int { entries.count }

    /// What is known about a token. Whoever is told to refresh must call `store` or `forget`, or `giveUpRefresh`.
    mutating func look(_ hash: [UInt8], now: ContinuousClock.Instant) -> Answer {
        guard let entry = entries[hash] else { return .unknown }
        let age = entry.readAt.duration(to: now)
        guard age < limits.staleTime else {
            entries[hash] = nil
            return .unknown
        }
        guard age < limits.freshTime else { return .stale }
        let mustRefresh = age >= limits.refreshAfter && !entry.isRefreshing
        if mustRefresh { entries[hash]?.isRefreshing = true }
        return .usable(entry.principal, mustRefresh: mustRefresh)
    }

    /// Keeps what the database said; `readAt` is a moment before it was asked.
    mutating func store(_ hash: [UInt8], _ principal: Principal, readAt: ContinuousClock.Instant) {
        if let known = entries[hash], known.readAt > readAt { return }
        if entries[hash] == nil, entries.count >= limits.tokensMax {
            entries = entries.filter { $0.value.readAt.duration(to: readAt) < limits.freshTime }
            if entries.count >= limits.tokensMax { entries = [:] }
        }
        entries[hash] = Entry(principal: principal, readAt: readAt)
    }

    /// The database does not know the token any more.
    mutating func forget(_ hash: [UInt8]) {
        entries[hash] = nil
    }

    /// The database did not answer.
    mutating func giveUpRefresh(_ hash: [UInt8]) {
        entries[hash]?.isRefreshing = false
    }
}

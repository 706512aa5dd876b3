package import TuskCore
import TuskPostgres

/// A limit as its operators see it.
package struct KeyLimitRecord: Sendable, Hashable {
    /// `queue:NAME`, `kind:NAME`, a key that jobs name, or a class such as `tenant:*`.
    package let key: String
    /// The most that run at once; of a class: for each key of it; nil: any number.
    package let runningMax: Int?
    /// How many start in a time; of a class: for each key of it; nil: any number.
    package let rate: RateLimit?
    /// What stops its jobs while their resource is unavailable; nil: nothing does.
    package let breaker: CircuitBreaker?
    /// What that has seen; nil: all is well, or the limit is for a class.
    package let fault: BreakerFault?
    /// How many breakers are open: of the key, or of all keys of a class.
    package let openBreakers: Int64
    /// How many turns jobs with this fair key get for each of one without a weight; nil: one.
    package let shareWeight: Int?
    /// Set while none may start.
    package let pause: PauseRecord?
    /// When it was set.
    package let updatedAt: Timestamp
    /// Who set it.
    package let updatedBy: String
    /// The weight of what runs now; 0 for a class.
    package let running: Int64
    /// Jobs that wait for it, counted up to `waitingCountMax`; 0 for a class.
    package let waiting: Int64

    /// Whether the limit is for each key of a class; the keys are what is held and waited for.
    package var isClass: Bool { key.hasSuffix(":*") }

    /// Where counting stops.
    package static let waitingCountMax = 10_000
}

/// How far a look at all that waits has come; nil: to the end, so that it begins again.
package struct WaitingKeys: Sendable, Hashable {
    /// The limit key it has come to.
    package var limit: String?
    /// The order key it has come to.
    package var order: String?

    /// How many keys of each sort are looked at in one call.
    static let countMax: Int32 = 1000

    /// From these on.
    package init(limit: String? = nil, order: String? = nil) {
        self.limit = limit
        self.order = order
    }
}

/// What a look at the next keys that jobs wait for found.
package struct ReleaseRound: Sendable, Hashable {
    /// The queues that jobs went to.
    package let queues: Set<QueueName>
    /// Whether any job waited.
    package let hadWaiting: Bool
    /// Where to go on.
    package let reached: WaitingKeys
    /// The keys for whose tokens jobs wait.
    package let ratedKeys: [String]
    /// When to come again for the next of them; nil: nothing waits for one.
    package let wait: Duration?
}

extension StoreSession {
    private static let releaseLimited = SQLCatalog.statement("release_limited", isKept: true)
    private static let releaseLimitedBy = SQLCatalog.statement("release_limited_by", isKept: true)
    private static let releaseLimit = SQLCatalog.statement("release_limit")
    private static let releaseNext = SQLCatalog.statement("release_next", isKept: true)
    private static let listLimits = SQLCatalog.statement("list_limits", isReadOnly: true)
    private static let putLimit = SQLCatalog.statement("put_limit")
    private static let removeLimit = SQLCatalog.statement("remove_limit")
    private static let pauseKey = SQLCatalog.statement("pause_key")
    private static let resumeKey = SQLCatalog.statement("resume_key")

    /// Brings back jobs that wait for keys which have room; the queues they went to. Call it after the commit that made
    /// room or that let them wait: of two such calls at least one sees both.
    /// Come again after `wait`, when the next token of a rate is near; nil: nothing waits for one.
    package func releaseLimited(
        _ keys: [String]
    ) throws(StoreError) -> (queues: Set<QueueName>, wait: Duration?) {
        let rows = try run(Self.releaseLimited) {
            $0.int2(shard)
            $0.textArray(keys)
        }
        return (queues(rows), rows.int4IfPresent(0, 1).map { .milliseconds(Int64($0)) })
    }

    /// The same for what these jobs held until their leases ended, and for the lines they stood in.
    package func releaseLimited(by jobs: [JobID]) throws(StoreError) -> Set<QueueName> {
        queues(
            try run(Self.releaseLimitedBy) {
                $0.int2(shard)
                $0.int8Array(jobs.map(\.rawValue))
            }
        )
    }

    /// The same for the next 1,000 limit keys and 1,000 order keys that jobs wait for.
    package func releaseNext(after keys: WaitingKeys = WaitingKeys()) throws(StoreError) -> ReleaseRound {
        let rows = try run(Self.releaseNext) {
            $0.int2(shard)
            $0.text(keys.limit)
            $0.text(keys.order)
            $0.int4(WaitingKeys.countMax)
        }
        return ReleaseRound(
            queues: queues(rows, 1),
            hadWaiting: rows.bool(0, 0),
            reached: WaitingKeys(limit: rows.textIfPresent(0, 2), order: rows.textIfPresent(0, 3)),
            ratedKeys: rows.textArray(0, 4),
            wait: rows.int4IfPresent(0, 5).map { .milliseconds(Int64($0)) }
        )
    }

    /// The same for a key whose limit was changed, or the keys of a class.
    func releaseLimit(_ key: String) throws(StoreError) -> Set<QueueName> {
        queues(
            try run(Self.releaseLimit) {
                $0.int2(shard)
                $0.text(key)
            }
        )
    }

    private func queues(_ rows: ResultSet, _ column: Int = 0) -> Set<QueueName> {
        rows.rowCount == 0 ? [] : Set(rows.textArray(0, column).compactMap { QueueName($0) })
    }

    /// All limits, by key.
    package func limits() throws(StoreError) -> [KeyLimitRecord] {
        let rows = try run(Self.listLimits) { $0.int4(Int32(KeyLimitRecord.waitingCountMax)) }
        return (0..<rows.rowCount).map { row in
            KeyLimitRecord(
                key: rows.text(row, 0),
                runningMax: rows.int4IfPresent(row, 1).map(Int.init),
                rate: rate(rows, row, from: 10),
                breaker: breaker(rows, row, from: 13),
                fault: BreakerFault(rows, row, from: 15),
                openBreakers: rows.int8(row, 20),
                shareWeight: rows.int4IfPresent(row, 21).map(Int.init),
                pause: pause(rows, row, from: 6),
                updatedAt: rows.moment(row, 2),
                updatedBy: rows.text(row, 3),
                running: rows.int8(row, 4),
                waiting: rows.int8(row, 5)
            )
        }
    }

    /// Sets how many jobs with a key may run at once. What waits and has room now is released; the queues it went to.
    package func putLimit(_ limit: KeyLimit, by author: Author) throws(StoreError) -> Set<QueueName> {
        try audited(.limitSet, of: limit.key, by: author) { () throws(StoreError) in
            _ = try run(Self.putLimit) {
                $0.text(limit.key)
                $0.int4(limit.runningMax.map { Int32($0) })
                $0.int4((limit.rate?.max).map { Int32($0) })
                $0.int8(limit.rate?.period.wholeMilliseconds)
                $0.int4((limit.rate?.burst).map { Int32($0) })
                $0.text(author.name)
                $0.int4((limit.breaker?.failures).map { Int32($0) })
                $0.int8(limit.breaker?.hold.wholeMilliseconds)
                $0.int4(limit.shareWeight.map { Int32($0) })
            }
            return ((), limit.key)
        }
        return try releaseLimit(limit.key)
    }

    /// Lets no more jobs start that have a key. What runs goes on. Nil: the end lies in the past; nothing is paused.
    package func pause(
        _ key: PausableKey,
        by who: Author,
        reason: String?,
        until end: PauseEnd?
    ) throws(StoreError) -> PauseRecord? {
        let author = who.giving(reason)
        return try audited(.limitPause, of: key.text, by: author) { () throws(StoreError) in
            let rows = try run(Self.pauseKey) {
                $0.text(key.text)
                $0.text(author.name)
                $0.text(author.reason)
                $0.pauseEnd(end)
            }
            return rows.rowCount == 0 ? (nil, nil) : (pause(rows, 0, from: 0), key.text)
        }
    }

    /// Lets jobs with a paused key start again; the queues of those that waited. Nil: it was not paused.
    package func resume(_ key: PausableKey, by author: Author) throws(StoreError) -> Set<QueueName>? {
        let wasPaused = try audited(.limitResume, of: key.text, by: author) { () throws(StoreError) in
            (try run(Self.resumeKey) { $0.text(key.text) }.bool(0, 0), key.text)
        }
        return wasPaused ? try releaseLimit(key.text) : nil
    }

    /// The rate in three columns: tokens, milliseconds, burst; nil: they are null.
    func rate(_ rows: ResultSet, _ row: Int, from column: Int) -> RateLimit? {
        guard let max = rows.int4IfPresent(row, column) else { return nil }
        let period = Duration.milliseconds(rows.int8(row, column + 1))
        return RateLimit(Int(max), per: period, burst: Int(rows.int4(row, column + 2)))
    }

    private func breaker(_ rows: ResultSet, _ row: Int, from column: Int) -> CircuitBreaker? {
        guard let failures = rows.int4IfPresent(row, column) else { return nil }
        return CircuitBreaker(failures: Int(failures), hold: .milliseconds(rows.int8(row, column + 1)))
    }

    /// Removes a limit and releases what waits for it; nil: there is none.
    package func removeLimit(_ key: String, by author: Author) throws(StoreError) -> Set<QueueName>? {
        let existed = try audited(.limitRemove, of: key, by: author) { () throws(StoreError) in
            let existed = try run(Self.removeLimit) { $0.text(key) }.bool(0, 0)
            return (existed, existed ? key : nil)
        }
        return existed ? try releaseLimit(key) : nil
    }
}

/// The rank below which nothing waits in one lane, so that a claim need not step over rows that are gone.
///
/// Rows enter a lane with a rank from one sequence (without a cache of numbers per session), so new rows come in at
/// the end. Behind the cursor a row can appear only when a transaction drew its rank and commits late. A claim that
/// took all it saw up to some rank is therefore only *recorded*, and the cursor moves up to it when
///
/// - a later claim's snapshot shows that every transaction that was writing at the time of the record has ended: its
///   xmin has reached the record's xmax, and that claim, too, took all it saw up to there; or
/// - the record is two seconds old, for one forgotten transaction must not hold the cursor back.
///
/// ```
///   claim returned up to rank r
///         |
///         v      later xmin >= xmax, or 2 s       every 5 s
///     recorded ------------------------> cursor ------------> 0 for one claim, then the cursor again
///         |                                 ^
///         +---> dropped, when a later claim returns as much as it asked for and ends before r:
///               there may be more late rows in between
/// ```
///
/// What commits even later, and rows whose claimer rolled back, are found by a full scan every five seconds. They
/// wait a little; they are never lost. One claim is in flight at a time.
package struct ClaimCursor: Sendable {
    /// The longest a record waits for other transactions: 2 s.
    package static let patience = Duration.seconds(2)
    /// The time from one full scan to the next: 5 s.
    package static let fullScanInterval = Duration.seconds(5)
    /// The most records: at one a claim, with claims 30 ms apart, they cover two seconds.
    private static let recordsMax = 64

    private struct Record {
        var rank: Int64
        var snapshotXmax: Int64
        var at: Duration
    }

    /// Nothing that a claim could see waits at or below this rank.
    private var lowWater: Int64 = 0
    /// In ascending order of rank, and of time.
    private var records: [Record] = []
    private var lastFullScanAt: Duration?

    /// A cursor at the start of its lane; the first claim is a full scan.
    package init() {}

    /// The rank that the next claim has to look above; 0 when a full scan is due.
    ///
    /// `now` is time by any clock that only goes forward, here and below.
    package func cursor(now: Duration) -> Int64 {
        guard !fullScanIsDue(now: now) else { return 0 }
        let patient = records.last { now - $0.at >= Self.patience }
        return max(lowWater, patient?.rank ?? 0)
    }

    /// Whether five seconds have passed since the last full scan, or there was none.
    package func fullScanIsDue(now: Duration) -> Bool {
        guard let lastFullScanAt else { return true }
        return now - lastFullScanAt >= Self.fullScanInterval
    }

    /// A claim that looked above 0 has come back. Its rows are recorded like those of any claim.
    package mutating func noteFullScan(now: Duration) {
        lastFullScanAt = now
    }

    /// A claim that looked above `cursor(now:)` has come back.
    ///
    /// - Parameters:
    ///   - highestRank: The highest rank it returned in this lane; nil when it returned none.
    ///   - reachedLimit: Whether it may have left rows that it saw, because it returned as many as it asked for or
    ///     as many bytes. When in doubt, true.
    ///   - snapshotXmin: The xmin of the claim's `pg_current_snapshot()`.
    ///   - snapshotXmax: Its xmax.
    ///   - now: When it came back.
    package mutating func record(
        highestRank: Int64?,
        reachedLimit: Bool = true,
        snapshotXmin: Int64,
        snapshotXmax: Int64,
        now: Duration
    ) {
        if let highestRank, reachedLimit {
            // Rows may wait right behind this rank, whatever was recorded or concluded before.
            records.removeAll { $0.rank > highestRank }
            lowWater = min(lowWater, highestRank)
        }
        let settled = records.prefix { $0.snapshotXmax <= snapshotXmin || now - $0.at >= Self.patience }
        lowWater = max(lowWater, settled.last?.rank ?? 0)
        records.removeFirst(settled.count)
        guard let highestRank, highestRank > lowWater, highestRank > records.last?.rank ?? 0 else { return }
        // Leaving one out only makes the cursor follow in larger steps.
        if records.count == Self.recordsMax { records.removeLast() }
        records.append(Record(rank: highestRank, snapshotXmax: snapshotXmax, at: now))
    }
}

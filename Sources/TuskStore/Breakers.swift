package import TuskCore
import TuskPostgres

/// What a breaker has seen of a key whose resource was unavailable lately.
package struct BreakerFault: Sendable, Hashable {
    /// How many jobs found it unavailable since one succeeded.
    package let failures: Int
    /// Set while the breaker is open.
    package let opening: Opening?
    /// What the last of these jobs said.
    package let reason: String

    /// An open breaker.
    package struct Opening: Sendable, Hashable {
        /// Since when.
        package let at: Timestamp
        /// When one job tries; in the past while some do.
        package let probeAt: Timestamp
        /// How many may run at once; 0: one, from `probeAt` on.
        package let wave: Int
    }

    /// Reads five columns; nil: there is none.
    init?(_ rows: ResultSet, _ row: Int, from column: Int) {
        guard let failures = rows.int4IfPresent(row, column) else { return nil }
        self.failures = Int(failures)
        opening = rows.momentIfPresent(row, column + 1).map { moment in
            Opening(at: moment, probeAt: rows.moment(row, column + 2), wave: Int(rows.int4(row, column + 3)))
        }
        reason = rows.textIfPresent(row, column + 4) ?? ""
    }
}

extension StoreSession {
    private static let noteUnavailable = SQLCatalog.statement("note_unavailable")
    private static let closeBreakers = SQLCatalog.statement("close_breakers")

    /// How long a resource may ask to be left alone: 1 day.
    package static let unavailableHoldMax = Duration.seconds(86_400)

    /// Counts a job that found its resource unavailable, for one of its keys or, with nil, for all that have a breaker.
    /// `hold` is for how long the resource wants to be left alone. False: none of these keys has a breaker.
    package func noteUnavailable(
        _ job: JobID,
        key: String?,
        reason: String,
        hold: Duration?
    ) throws(StoreError) -> Bool {
        try run(Self.noteUnavailable) {
            $0.int8(job.rawValue)
            $0.text(key)
            $0.text(reason)
            $0.int8(hold.map { min(max($0, .zero), Self.unavailableHoldMax).wholeMilliseconds })
        }.bool(0, 0)
    }

    /// Closes the breaker of a key, or all of a class, and releases what waits; the queues it went to. Nil: none of
    /// them had seen a failure.
    package func closeBreakers(_ key: String, by author: Author) throws(StoreError) -> Set<QueueName>? {
        let count = try audited(.limitClose, of: key, by: author) { () throws(StoreError) in
            (try run(Self.closeBreakers) { $0.text(key) }.int8(0, 0), key)
        }
        return count > 0 ? try releaseLimit(key) : nil
    }
}

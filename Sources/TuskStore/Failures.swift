package import TuskCore
import TuskPostgres

/// Discarded jobs that failed in the same way.
package struct ErrorGroup: Sendable, Hashable {
    /// The same for the same kind, reason and message.
    package let fingerprint: String
    package let kind: String
    /// Why they were discarded, in a word; empty: not recorded.
    package let reason: String
    /// The first line of their last errors, with `?` for what differs from job to job; empty: none was given.
    package let message: String
    /// How many they are, among the discarded jobs that were looked at.
    package let count: Int64
    /// When the first of them was discarded.
    package let firstAt: Timestamp
    /// When the last of them was discarded.
    package let lastAt: Timestamp
    /// The one that was discarded last.
    package let newestJob: JobID
}

/// Discarded jobs in groups.
package struct ErrorGroups: Sendable, Hashable {
    /// The largest first.
    package let groups: [ErrorGroup]
    /// How many discarded jobs were looked at: all there are, or `failuresExaminedMax`.
    package let examined: Int64
}

extension StoreSession {
    /// How many of the jobs that were discarded last are looked at, so that an answer costs the same however many there
    /// are.
    package static let failuresExaminedMax = 20_000
    /// The most groups of one answer.
    package static let errorGroupsMax = 1000

    private static let listErrors = SQLCatalog.statement("list_errors", isReadOnly: true)

    /// Discarded jobs in groups by kind, reason and message, among the `failuresExaminedMax` that were discarded last;
    /// at most `max` groups.
    package func errorGroups(_ filter: FailureFilter = FailureFilter(), max: Int) throws(StoreError) -> ErrorGroups {
        let rows = try run(Self.listErrors) {
            $0.text(filter.kind?.text)
            $0.text(filter.queue?.text)
            $0.text(filter.reason)
            $0.text(filter.fingerprint?.text)
            $0.int4(Int32(Self.failuresExaminedMax))
            $0.int4(Int32(min(max, Self.errorGroupsMax)))
        }
        var groups: [ErrorGroup] = []
        var examined: Int64 = 0
        for row in 0..<rows.rowCount {
            guard !rows.isNull(row, 1) else {
                examined = rows.int8(row, 4)
                continue
            }
            guard let newest = JobID(rawValue: rows.int8(row, 7)) else { throw .unreadable("a job") }
            groups.append(
                ErrorGroup(
                    fingerprint: rows.text(row, 0),
                    kind: rows.text(row, 1),
                    reason: rows.text(row, 2),
                    message: rows.text(row, 3),
                    count: rows.int8(row, 4),
                    firstAt: rows.moment(row, 5),
                    lastAt: rows.moment(row, 6),
                    newestJob: newest
                )
            )
        }
        return ErrorGroups(groups: groups, examined: examined)
    }
}

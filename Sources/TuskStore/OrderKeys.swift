package import TuskCore
import TuskPostgres

/// An order key that jobs wait for.
package struct OrderKeyRecord: Sendable, Hashable {
    /// The key.
    package let key: String
    /// The job that holds it, or held it last; nil: it was passed by.
    package let head: JobID?
    /// Its state; nil: it is not known any more.
    package let headState: JobState?
    /// Until when a discarded job holds the key; nil: until somebody acts, or its job is not over.
    package let blockedUntil: Timestamp?
    /// Since when a discarded job holds the key.
    package let discardedAt: Timestamp?
    /// Jobs that wait for it, counted up to 10,000.
    package let waiting: Int64
}

/// What became of the wish to let a line go on without its discarded job.
package enum OrderKeyRelease: Sendable, Hashable {
    /// The next job, if any, may run; the queue it went to.
    case released(Set<QueueName>)
    /// The job that holds the key is not over.
    case busy
    /// Nobody has the key.
    case notFound
}

extension StoreSession {
    private static let listOrderKeys = SQLCatalog.statement("list_order_keys", isReadOnly: true)
    private static let releaseOrderKey = SQLCatalog.statement("release_order_key")

    /// Order keys that jobs wait for, by key, those after `key`.
    package func orderKeys(after key: String?, max: Int) throws(StoreError) -> [OrderKeyRecord] {
        let rows = try run(Self.listOrderKeys) {
            $0.text(key)
            $0.int4(Int32(max))
        }
        return (0..<rows.rowCount).map { row in
            OrderKeyRecord(
                key: rows.text(row, 0),
                head: rows.int8IfPresent(row, 1).flatMap { JobID(rawValue: $0) },
                headState: JobState(rawValue: rows.text(row, 2)),
                blockedUntil: rows.momentIfPresent(row, 3),
                discardedAt: rows.momentIfPresent(row, 4),
                waiting: rows.int8(row, 5)
            )
        }
    }

    /// Lets the line of a discarded job go on without it.
    package func releaseOrderKey(_ key: String, by author: Author) throws(StoreError) -> OrderKeyRelease {
        try audited(.orderRelease, of: key, by: author) { () throws(StoreError) in
            let rows = try run(Self.releaseOrderKey) { $0.text(key) }
            switch rows.text(0, 0) {
            case "released": return (.released(Set(rows.textArray(0, 1).compactMap { QueueName($0) })), key)
            case "busy": return (.busy, nil)
            case "not_found": return (.notFound, nil)
            case let answer: throw .unreadable("release_order_key: \(answer)")
            }
        }
    }
}

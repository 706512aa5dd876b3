package import TuskCore
import TuskPostgres

/// A job as a claim hands it to a worker. Its args stay in the answer of the claim until somebody reads them.
package struct ClaimedJob: Sendable {
    /// The job.
    package let id: JobID
    /// The fence: what the worker writes about the job carries it.
    package let lease: LeaseNumber
    /// Where the job stands in its lease, from 0.
    package let position: Int32
    /// Its place in line when it was claimed; 0 < rank.
    package let rank: Int64
    /// Number of this attempt, from 1.
    package let attempt: Int
    /// How many failed attempts end it.
    package let maxAttempts: Int
    /// Its band.
    package let priority: Priority
    /// Longest run; nil: the worker's default.
    package let timeout: Duration?
    /// Which handler runs it.
    package let kind: Kind
    /// The queue it was claimed from.
    package let queue: QueueName
    /// When it was enqueued.
    package let createdAt: Timestamp
    /// How long it was available before it was claimed.
    package let waited: Duration

    private let rows: ResultSet
    private let row: Int

    /// Its input, copied out of the answer.
    package var args: JSONText { JSONText(trusted: rows.bytes(row, 10)) }
    /// The length of its input in bytes.
    package var argsBytes: Int { rows.byteCount(row, 10) }
    /// Its own retry policy as JSON; nil: the policy of its kind.
    package var retry: JSONText? { rows.jsonIfPresent(row, 11) }
    /// Words to find it by.
    package var tags: [String] { rows.isNull(row, 12) ? [] : rows.textArray(row, 12) }
    /// What its sender keeps with it.
    package var metadata: JSONText? { rows.jsonIfPresent(row, 13) }
    /// W3C trace context of the enqueue.
    package var traceparent: String? { rows.textIfPresent(row, 14) }

    /// Reads a row of `claim_jobs.sql` or `claim_alone_job.sql`.
    init(_ rows: ResultSet, _ row: Int) throws(StoreError) {
        guard let lease = LeaseNumber(rawValue: rows.int8(row, 0)), let id = JobID(rawValue: rows.int8(row, 2)),
            let priority = Priority(rawValue: rows.int2(row, 6)), let kind = Kind(rows.text(row, 8)),
            let queue = QueueName(rows.text(row, 9))
        else { throw .unreadable("a claimed job") }
        self.lease = lease
        self.id = id
        self.priority = priority
        self.kind = kind
        self.queue = queue
        position = rows.int4(row, 1)
        rank = rows.int8(row, 3)
        attempt = Int(rows.int2(row, 4)) + 1
        maxAttempts = Int(rows.int2(row, 5))
        timeout = rows.int4IfPresent(row, 7).map { .milliseconds(Int64($0)) }
        createdAt = rows.moment(row, 15)
        waited = .microseconds(max(0, rows.timestamp(row, 17) - rows.timestamp(row, 16)))
        self.rows = rows
        self.row = row
    }
}

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
    /// Its place in line when it was claimed; 0: it went before others because it should be finished by a time.
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
    /// How long after the claim it may start, because its tokens of a rate are not there before; mostly zero.
    package let startsIn: Duration
    /// Whether it may hold part of a limit.
    package let isGated: Bool

    fileprivate let rows: ResultSet
    fileprivate let row: Int

    /// Its input, copied out of the answer.
    package var args: JSONText { JSONText(trusted: rows.bytes(row, 8)) }
    /// The length of its input in bytes.
    package var argsBytes: Int { rows.byteCount(row, 8) }
    /// Its own retry policy as JSON; nil: the policy of its kind.
    package var retry: JSONText? { rows.jsonIfPresent(row, 9) }
    /// Words to find it by.
    package var tags: [String] { rows.isNull(row, 10) ? [] : rows.textArray(row, 10) }
    /// What its sender keeps with it.
    package var metadata: JSONText? { rows.jsonIfPresent(row, 11) }
    /// W3C trace context of the enqueue.
    package var traceparent: String? { rows.textIfPresent(row, 12) }
}

/// Reads the answers of `claim_jobs.sql`, `claim_alone_job.sql` and `claim_gated_jobs.sql`.
struct ClaimReader {
    private let rows: ResultSet
    private let lanes: [Lane]
    private let claimedAt: Int64
    private let isGated: Bool
    /// The last job's kind and its bytes: neighbours are mostly of one kind.
    private var kind: Kind?
    private var kindBytes: [UInt8] = []
    /// The last row's lease, its place there, and how many rows other leases had so far.
    private var lease: Int64 = 0
    private var position: Int32 = -1
    private var counts: [Int64: Int32] = [:]

    /// The rows that are jobs; what comes after them is about others.
    private let jobRows: Range<Int>

    /// A reader of an answer to a claim from these lanes.
    init(_ rows: ResultSet, _ lanes: [Lane], isGated: Bool = false) throws(StoreError) {
        self.rows = rows
        self.lanes = lanes
        self.isGated = isGated
        var count = rows.rowCount
        while count > 0, rows.isNull(count - 1, 0) { count -= 1 }
        jobRows = 0..<count
        guard count == 0 || !rows.isNull(0, 15) else { throw .unreadable("a claim without its time") }
        claimedAt = count > 0 ? rows.timestamp(0, 15) : 0
    }

    /// How many rows after those of the jobs.
    var otherRows: Range<Int> { jobRows.upperBound..<rows.rowCount }

    /// All jobs in the order of the answer.
    mutating func jobs() throws(StoreError) -> [ClaimedJob] {
        var jobs: [ClaimedJob] = []
        jobs.reserveCapacity(jobRows.count)
        for row in jobRows {
            if let job = try job(row) { jobs.append(job) }
        }
        return jobs
    }

    /// The job of a row; nil when its facts are gone.
    private mutating func job(_ row: Int) throws(StoreError) -> ClaimedJob? {
        let number = rows.int8(row, 0)
        if number != lease {
            counts[lease] = position + 1
            position = counts[number, default: 0] - 1
            lease = number
        }
        position += 1
        guard !rows.isNull(row, 5) else { return nil }
        let lane = Int(rows.int2(row, 3)) - 1
        guard let lease = LeaseNumber(rawValue: number), let id = JobID(rawValue: rows.int8(row, 1)),
            lanes.indices.contains(lane), let kind = readKind(row)
        else { throw .unreadable("a claimed job") }
        return ClaimedJob(
            id: id,
            lease: lease,
            position: position,
            rank: max(0, rows.int8(row, 2)),
            attempt: Int(rows.int2(row, 4)) + 1,
            maxAttempts: Int(rows.int2(row, 5)),
            priority: lanes[lane].priority,
            timeout: rows.int4IfPresent(row, 6).map { .milliseconds(Int64($0)) },
            kind: kind,
            queue: lanes[lane].queue,
            createdAt: rows.moment(row, 13),
            waited: .microseconds(max(0, claimedAt - rows.timestamp(row, 14))),
            startsIn: startsIn(row),
            isGated: isGated,
            rows: rows,
            row: row
        )
    }

    private func startsIn(_ row: Int) -> Duration {
        guard isGated, !rows.isNull(row, 17) else { return .zero }
        return .microseconds(max(0, rows.timestamp(row, 17) - rows.timestamp(row, 15)))
    }

    private mutating func readKind(_ row: Int) -> Kind? {
        if kind != nil, rows.holds(kindBytes, row, 7) { return kind }
        kindBytes = rows.bytes(row, 7)
        kind = Kind(rows.text(row, 7))
        return kind
    }
}

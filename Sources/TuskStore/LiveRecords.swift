package import TuskCore
import TuskPostgres

/// What happened lately in a queue, in jobs a minute.
package struct QueueRate: Sendable, Hashable {
    /// Jobs that were claimed.
    package let claimed: Double
    /// Jobs that completed.
    package let completed: Double
    /// Attempts that failed, and jobs that were discarded.
    package let failed: Double
    /// Jobs that were cancelled while they ran.
    package let cancelled: Double
}

/// A job that somebody holds.
package struct RunningJob: Sendable, Hashable {
    package let id: JobID
    package let kind: String
    package let queue: String
    package let worker: WorkerID
    package let lease: Int64
    package let claimedAt: Timestamp
}

extension StoreSession {
    /// The most jobs that `longestRuns` gives.
    package static let longestRunsMax = 1000

    private static let readRates = SQLCatalog.statement("read_rates", isReadOnly: true)
    private static let readLongestRuns = SQLCatalog.statement("read_longest_runs", isReadOnly: true)

    /// What happened in each queue in the last one to two minutes; queues without anything are left out.
    package func rates() throws(StoreError) -> [String: QueueRate] {
        let rows = try run(Self.readRates)
        var rates: [String: QueueRate] = [:]
        for row in 0..<rows.rowCount {
            let minutes = (rows.float8IfPresent(row, 6) ?? 60) / 60
            rates[rows.text(row, 0)] = QueueRate(
                claimed: Double(rows.int8(row, 1)) / minutes,
                completed: Double(rows.int8(row, 2)) / minutes,
                failed: Double(rows.int8(row, 3) + rows.int8(row, 4)) / minutes,
                cancelled: Double(rows.int8(row, 5)) / minutes
            )
        }
        return rates
    }

    /// The jobs that have been held longest, the longest first.
    package func longestRuns(limit: Int) throws(StoreError) -> [RunningJob] {
        let rows = try run(Self.readLongestRuns) { $0.int4(Int32(min(limit, Self.longestRunsMax))) }
        var jobs: [RunningJob] = []
        for row in 0..<rows.rowCount {
            guard let id = JobID(rawValue: rows.int8(row, 0)) else { throw .unreadable("a running job") }
            jobs.append(
                RunningJob(
                    id: id,
                    kind: rows.text(row, 1),
                    queue: rows.text(row, 2),
                    worker: rows.workerID(row, 3),
                    lease: rows.int8(row, 4),
                    claimedAt: rows.moment(row, 5)
                )
            )
        }
        return jobs
    }
}

package import TuskCore
import TuskPostgres

/// How one attempt ended, to be written back.
package struct SettleEntry: Sendable {
    package let id: JobID
    package let lease: LeaseNumber
    /// Where the job stands in its lease, from 0.
    package let position: Int32
    /// What becomes of the job.
    package let verdict: Verdict
    /// How long ago the attempt started, by the worker's own steady clock; nil: it did not start.
    package let startedAgo: Duration?
    /// One word: why it did not complete, such as `attempts` or `handler`.
    package let reason: String?
    /// Message of its error, at most `errorBytesMax` bytes.
    package let error: String?
    /// What the handler returned.
    package let result: JSONText?

    /// The longest error message, in bytes; longer ones are cut.
    package static let errorBytesMax = 8192

    /// An entry of these parts; a longer error is cut, and NUL, which PostgreSQL cannot store, becomes a space.
    package init(
        _ job: ClaimedJob,
        _ verdict: Verdict,
        startedAgo: Duration?,
        reason: String? = nil,
        error: String? = nil,
        result: JSONText? = nil
    ) {
        id = job.id
        lease = job.lease
        position = job.position
        self.verdict = verdict
        self.startedAgo = startedAgo
        self.reason = reason
        self.error = error.map { StorableText.cut($0, bytesMax: Self.errorBytesMax) }
        self.result = result
    }
}

/// What became of an entry.
package enum SettleStatus: Int16, Sendable, Hashable {
    /// It was written.
    case accepted = 0
    /// The same lease wrote it before: nothing changed.
    case acceptedBefore = 1
    /// The lease is not the job's present one: nothing changed.
    case leaseLost = 2
    /// The job was told to stop meanwhile and ended cancelled, whatever the entry said.
    case cancelled = 3
}

extension StoreSession {
    /// The most entries of one call.
    package static let settleEntriesMax = 5000

    private static let settleJobs = SQLCatalog.statement("settle_jobs")

    /// Writes back how attempts ended, each judged by itself; statuses in the order of the entries. No job may be in it
    /// twice.
    package func settle(_ entries: [SettleEntry], worker: WorkerID) throws(StoreError) -> [SettleStatus] {
        precondition(entries.count <= Self.settleEntriesMax, "too many entries for one statement")
        guard !entries.isEmpty else { return [] }
        let rows = try run(Self.settleJobs) { fill(&$0, with: entries, worker) }
        guard rows.rowCount == entries.count else { throw .unreadable("settle_jobs answered \(rows.rowCount) rows") }
        var statuses: [SettleStatus] = []
        statuses.reserveCapacity(entries.count)
        for row in 0..<rows.rowCount {
            guard let status = SettleStatus(rawValue: rows.int2(row, 0)) else { throw .unreadable("a settle status") }
            statuses.append(status)
        }
        return statuses
    }

    private func fill(_ parameters: inout Parameters, with entries: [SettleEntry], _ worker: WorkerID) {
        parameters.int2(shard)
        parameters.uuid(worker)
        parameters.int8Array(entries.map(\.lease.rawValue))
        parameters.int4Array(entries.map(\.position))
        parameters.int8Array(entries.map(\.id.rawValue))
        parameters.int2Array(entries.map { Self.code($0.verdict) })
        parameters.int8Array(optional: entries.map { Self.delayMilliseconds($0.verdict) })
        parameters.int8Array(optional: entries.map { $0.startedAgo?.wholeMicroseconds })
        parameters.textArray(optional: entries.map(\.reason))
        parameters.textArray(optional: entries.map(\.error))
        parameters.jsonArray(optional: entries.lazy.map { $0.result?.bytes })
        parameters.int8Array(Set(entries.map(\.lease.rawValue)).sorted())
    }

    /// The numbers of `settle_jobs.sql`.
    private static func code(_ verdict: Verdict) -> Int16 {
        switch verdict {
        case .complete: 0
        case .discard: 1
        case .cancel: 2
        case .retry: 3
        case .snooze: 4
        case .giveBack: 5
        }
    }

    private static func delayMilliseconds(_ verdict: Verdict) -> Int64? {
        switch verdict {
        case .retry(let delay), .snooze(let delay): delay.wholeMilliseconds
        case .complete, .discard, .cancel, .giveBack: nil
        }
    }
}

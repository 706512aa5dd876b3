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

    /// Whether there is nothing to say beside the verdict.
    fileprivate var isBare: Bool { reason == nil && error == nil && result == nil }

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
        self.init(
            id: job.id,
            lease: job.lease,
            position: job.position,
            verdict,
            startedAgo: startedAgo,
            reason: reason,
            error: error,
            result: result
        )
    }

    /// The same for a job of which no more than this is known.
    init(
        id: JobID,
        lease: LeaseNumber,
        position: Int32,
        _ verdict: Verdict,
        startedAgo: Duration?,
        reason: String? = nil,
        error: String? = nil,
        result: JSONText? = nil
    ) {
        self.id = id
        self.lease = lease
        self.position = position
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

    private static let settleJobs = SQLCatalog.statement("settle_jobs", isKept: true)
    private static let returnJobs = SQLCatalog.statement("return_jobs", isKept: true)
    private static let readSettled = SQLCatalog.statement("read_settled", isReadOnly: true)

    /// How the database judged an entry.
    private struct Judgement {
        var status: SettleStatus
        /// Attempts used before this one.
        let attempt: Int16
        let interruptions: Int16
    }

    /// Writes back how attempts ended, each judged by itself; statuses in the order of the entries. No job may be in it
    /// twice.
    package func settle(_ entries: [SettleEntry], worker: WorkerID) throws(StoreError) -> [SettleStatus] {
        precondition(entries.count <= Self.settleEntriesMax, "too many entries for one statement")
        guard !entries.isEmpty else { return [] }
        var judgements: [Judgement]
        if entries.contains(where: { !$0.verdict.state.isFinal }) {
            judgements = try transaction { session throws(StoreError) in
                let judgements = try session.judge(entries, worker)
                let accepted = zip(entries, judgements).filter { $1.status == .accepted }
                try session.putBack(accepted.filter { !$0.0.verdict.state.isFinal })
                return judgements
            }
        } else {
            judgements = try judge(entries, worker)
        }
        try tellRepeated(entries, &judgements)
        return judgements.map(\.status)
    }

    /// Ends the attempts.
    private func judge(_ entries: [SettleEntry], _ worker: WorkerID) throws(StoreError) -> [Judgement] {
        let rows = try run(Self.settleJobs) { fill(&$0, with: entries, worker) }
        guard rows.rowCount == entries.count else { throw .unreadable("settle_jobs answered \(rows.rowCount) rows") }
        var judgements: [Judgement] = []
        judgements.reserveCapacity(entries.count)
        for row in 0..<rows.rowCount {
            guard let status = SettleStatus(rawValue: rows.int2(row, 0)) else { throw .unreadable("a settle status") }
            judgements.append(Judgement(status: status, attempt: rows.int2(row, 1), interruptions: rows.int2(row, 2)))
        }
        return judgements
    }

    /// Puts back the jobs that go on waiting.
    private func putBack(_ jobs: [(entry: SettleEntry, judgement: Judgement)]) throws(StoreError) {
        guard !jobs.isEmpty else { return }
        _ = try run(Self.returnJobs) {
            $0.int2(shard)
            $0.int8Array(jobs.map(\.entry.id.rawValue))
            $0.int8Array(jobs.map(\.entry.lease.rawValue))
            $0.int2Array(jobs.map { $0.judgement.attempt + ($0.entry.verdict.countsAttempt ? 1 : 0) })
            $0.int2Array(jobs.map { $0.entry.verdict == .giveBack ? $0.judgement.interruptions : 0 })
            $0.int8Array(optional: jobs.map { Self.delayMilliseconds($0.entry.verdict) })
        }
    }

    /// Tells entries that were accepted before from those whose lease is lost.
    private func tellRepeated(_ entries: [SettleEntry], _ judgements: inout [Judgement]) throws(StoreError) {
        let refused = judgements.indices.filter { judgements[$0].status == .leaseLost }
        guard !refused.isEmpty else { return }
        let rows = try run(Self.readSettled) {
            $0.int2(shard)
            $0.int8Array(refused.map { entries[$0].id.rawValue })
            $0.int8Array(refused.map { entries[$0].lease.rawValue })
        }
        guard rows.rowCount == refused.count else {
            throw .unreadable("read_settled answered \(rows.rowCount) rows")
        }
        for (row, index) in refused.enumerated() where rows.bool(row, 0) {
            judgements[index].status = .acceptedBefore
        }
    }

    private func fill(_ parameters: inout Parameters, with entries: [SettleEntry], _ worker: WorkerID) {
        parameters.int2(shard)
        parameters.uuid(worker)
        parameters.int8Array(entries.map(\.lease.rawValue))
        parameters.int4Array(entries.map(\.position))
        parameters.int8Array(entries.map(\.id.rawValue))
        parameters.int2Array(entries.map { Self.code($0.verdict) })
        parameters.int8Array(optional: entries.map { $0.startedAgo?.wholeMicroseconds })
        // An array that ends early goes on with nulls, and most jobs complete without a word.
        let isBare = entries.allSatisfy(\.isBare)
        parameters.textArray(optional: isBare ? [] : entries.map(\.reason))
        parameters.textArray(optional: isBare ? [] : entries.map(\.error))
        parameters.jsonArray(optional: isBare ? [] : entries.map { $0.result?.bytes })
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

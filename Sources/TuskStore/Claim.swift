package import TuskCore
import TuskPostgres

/// One line of waiting jobs: a queue and a band, and the rank below which nothing can be waiting.
package struct Lane: Sendable, Hashable {
    package let queue: QueueName
    package let priority: Priority
    /// Ranks up to it are not looked at; 0 looks at all.
    package let cursor: Int64

    /// A lane to claim from.
    package init(queue: QueueName, priority: Priority, cursor: Int64) {
        self.queue = queue
        self.priority = priority
        self.cursor = cursor
    }
}

extension Lane {
    /// Every lane of these queues from its start, the most urgent first.
    package static func all(of queues: [QueueName]) -> [Lane] {
        Priority.all.flatMap { band in queues.map { Lane(queue: $0, priority: band, cursor: 0) } }
    }
}

/// What a worker wants to claim.
package struct ClaimRequest: Sendable {
    /// Who asks; it must be registered and not draining.
    package var worker: WorkerID
    /// Where from, most urgent first.
    package var lanes: [Lane]
    /// Kinds it offers; no other is claimed.
    package var kinds: [Kind]
    /// Kinds whose jobs get a lease each, because their handlers complete them in transactions of their own.
    package var kindsLeasedApart: [Kind]
    /// The most jobs.
    package var jobsMax: Int
    /// The most bytes of args; the first job is claimed whatever its size.
    package var argsBytesMax: Int

    /// A request of these parts.
    package init(
        worker: WorkerID,
        lanes: [Lane],
        kinds: [Kind],
        kindsLeasedApart: [Kind] = [],
        jobsMax: Int,
        argsBytesMax: Int = 64 * 1024 * 1024
    ) {
        self.worker = worker
        self.lanes = lanes
        self.kinds = kinds
        self.kindsLeasedApart = kindsLeasedApart
        self.jobsMax = jobsMax
        self.argsBytesMax = argsBytesMax
    }
}

/// What a claim gave.
package struct ClaimAnswer: Sendable {
    /// The jobs, in claim order within each lease.
    package let jobs: [ClaimedJob]
    /// Every transaction below this number had ended when the claim looked; 0 when nothing was claimed.
    package let snapshotXmin: Int64
    /// No transaction from this number on had ended when the claim looked; 0 when nothing was claimed.
    package let snapshotXmax: Int64
    /// Whether jobs may wait that only `claimGated` claims.
    package let hasGated: Bool
    /// Whether jobs with fair keys may.
    package let hasFair: Bool
}

/// What a claim of jobs that limits may hold back gave.
package struct GatedClaimAnswer: Sendable {
    /// The jobs, in claim order within each lease.
    package let jobs: [ClaimedJob]
    /// The keys without room for which others wait from now on, and those of rates: to be looked at soon.
    package let watchedKeys: [String]
    /// As in `ClaimAnswer`; 0 also when the claim left some of what it saw for another reason than its limit.
    package let snapshotXmin: Int64
    /// The same.
    package let snapshotXmax: Int64

    /// That of a claim of no job.
    package static let nothing = GatedClaimAnswer(jobs: [], watchedKeys: [], snapshotXmin: 0, snapshotXmax: 0)
}

extension StoreSession {
    private static let claimJobs = SQLCatalog.statement("claim_jobs", isKept: true)
    private static let claimGatedJobs = SQLCatalog.statement("claim_gated_jobs", isKept: true)
    private static let findLanes = SQLCatalog.statement("find_lanes", isReadOnly: true, isKept: true)
    private static let claimAloneJob = SQLCatalog.statement("claim_alone_job", isKept: true)

    /// Claims waiting jobs that never lost a lease. Empty: nothing waits there, or the worker is not registered.
    package func claim(_ request: ClaimRequest) throws(StoreError) -> ClaimAnswer {
        let rows = try run(Self.claimJobs) {
            $0.int2(shard)
            $0.uuid(request.worker)
            $0.textArray(request.lanes.map(\.queue.text))
            $0.int2Array(request.lanes.map(\.priority.rawValue))
            $0.int8Array(request.lanes.map(\.cursor))
            $0.textArray(request.kinds.map(\.text))
            $0.textArray(request.kindsLeasedApart.map(\.text))
            $0.int4(Int32(request.jobsMax))
            $0.int8(Int64(request.argsBytesMax))
        }
        var reader = try ClaimReader(rows, request.lanes)
        let jobs = try reader.jobs()
        let sorts = reader.otherRows.first.map { rows.int2($0, 3) } ?? 0
        let (hasGated, hasFair) = (sorts & 1 != 0, sorts & 2 != 0)
        guard !jobs.isEmpty else {
            return ClaimAnswer(jobs: [], snapshotXmin: 0, snapshotXmax: 0, hasGated: hasGated, hasFair: hasFair)
        }
        let (xmin, xmax) = (rows.int8(0, 16), rows.int8(0, 17))
        return ClaimAnswer(
            jobs: jobs,
            snapshotXmin: xmin,
            snapshotXmax: xmax,
            hasGated: hasGated,
            hasFair: hasFair
        )
    }

    /// Claims jobs that limits may hold back; those without room wait in `blocked` from now on. `isAlone`: only jobs
    /// that lost a lease before, each under a lease of its own. `isFair`: those with fair keys, in turn, instead of
    /// those without.
    package func claimGated(
        _ request: ClaimRequest,
        isAlone: Bool = false,
        isFair: Bool = false
    ) throws(StoreError) -> GatedClaimAnswer {
        let rows = try run(Self.claimGatedJobs) {
            $0.int2(shard)
            $0.uuid(request.worker)
            $0.textArray(request.lanes.map(\.queue.text))
            $0.int2Array(request.lanes.map(\.priority.rawValue))
            $0.int8Array(request.lanes.map(\.cursor))
            $0.textArray(request.kinds.map(\.text))
            $0.textArray(request.kindsLeasedApart.map(\.text))
            $0.int4(Int32(request.jobsMax))
            $0.int8(Int64(request.argsBytesMax))
            $0.bool(isAlone)
            $0.bool(isFair)
        }
        var reader = try ClaimReader(rows, request.lanes, isGated: true)
        let jobs = try reader.jobs()
        let hasSnapshot = !jobs.isEmpty && !rows.isNull(0, 18)
        return GatedClaimAnswer(
            jobs: jobs,
            watchedKeys: reader.otherRows.map { rows.text($0, 16) },
            snapshotXmin: hasSnapshot ? rows.int8(0, 18) : 0,
            snapshotXmax: hasSnapshot ? rows.int8(0, 19) : 0
        )
    }

    /// The lanes of these queues that hold waiting jobs, at most so many, each from its start, the most urgent first.
    package func findLanes(of queues: [QueueName], most: Int) throws(StoreError) -> [Lane] {
        let rows = try run(Self.findLanes) {
            $0.int2(shard)
            $0.textArray(queues.map(\.text))
            $0.int4(Int32(most))
        }
        var lanes: [Lane] = []
        for row in 0..<rows.rowCount {
            let name = rows.text(row, 0)
            guard let queue = QueueName(name), let priority = Priority(rawValue: rows.int2(row, 1)) else {
                throw .unreadable("a lane of queue \(name)")
            }
            lanes.append(Lane(queue: queue, priority: priority, cursor: 0))
        }
        return lanes
    }

    /// Claims one job that lost a lease before, to be run with no other such job beside it in the process.
    package func claimAlone(
        worker: WorkerID,
        queues: [QueueName],
        kinds: [Kind]
    ) throws(StoreError) -> ClaimedJob? {
        let lanes = Lane.all(of: queues)
        let rows = try run(Self.claimAloneJob) {
            $0.int2(shard)
            $0.uuid(worker)
            $0.textArray(lanes.map(\.queue.text))
            $0.int2Array(lanes.map(\.priority.rawValue))
            $0.textArray(kinds.map(\.text))
        }
        var reader = try ClaimReader(rows, lanes)
        return try reader.jobs().first
    }
}

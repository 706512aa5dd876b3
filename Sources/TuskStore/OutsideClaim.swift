package import TuskCore
import TuskPostgres

/// What somebody outside wants to work on.
package struct ClaimDemand: Sendable, Hashable {
    /// Where from; no queue twice.
    package let queues: [QueueName]
    /// Which kinds; none twice.
    package let kinds: [Kind]

    /// A demand of these parts; their order does not matter.
    package init(queues: [QueueName], kinds: [Kind]) {
        self.queues = queues.sorted()
        self.kinds = kinds.sorted()
    }
}

/// A claim for somebody outside, who keeps a token instead of a session. It is made as a worker of its own, so that it
/// is rescued as a whole when nobody is heard of for its lease time, whatever becomes of this process.
package struct OutsideClaim: Sendable {
    /// What its maker gets.
    package var token: ClaimToken
    /// Who alone may use the token: the id of an API key.
    package var owner: String
    /// What its maker is called; a label.
    package var name: String
    /// Version of the program that claims for it; a label.
    package var version: String
    package var demand: ClaimDemand
    /// The most jobs.
    package var jobsMax: Int
    /// Without a heartbeat for so long its jobs are taken back.
    package var leaseTime: Duration

    /// A claim of these parts.
    package init(
        token: ClaimToken,
        owner: String,
        name: String,
        version: String,
        demand: ClaimDemand,
        jobsMax: Int,
        leaseTime: Duration
    ) {
        self.token = token
        self.owner = owner
        self.name = name
        self.version = version
        self.demand = demand
        self.jobsMax = jobsMax
        self.leaseTime = leaseTime
    }
}

/// What such a claim gave.
package struct OutsideGrant: Sendable {
    /// When its leases end unless a heartbeat comes before.
    package let expiresAt: Timestamp
    /// At least one.
    package let jobs: [ClaimedJob]
}

/// Which jobs wait that a demand would get.
private struct Claimable {
    /// The most urgent band of those that no limit concerns; nil: none waits.
    let plainBand: Int16?
    /// The most urgent band of those that limits may hold back.
    let gatedBand: Int16?
    /// Whether some lost a lease before.
    let hasAlone: Bool
}

extension StoreSession {
    /// The most bytes of args that such a claim takes, the first job always.
    private static let outsideBytesMax = 4 << 20
    /// The same for jobs that limits may hold back: all such claims wait for each other.
    private static let outsideGatedBytesMax = 256 << 10

    private static let findClaimable = SQLCatalog.statement("find_claimable", isReadOnly: true)
    private static let registerClaim = SQLCatalog.statement("register_claim")
    private static let beatClaim = SQLCatalog.statement("beat_claim", isKept: true)

    /// Claims for somebody outside; nil when nothing waits for it. Needs a session with pinned plans. After an error
    /// some jobs may be claimed: `giveBack` them.
    ///
    /// One job that lost a lease before comes along at most: it runs beside no other such job of the claim.
    package func claim(
        _ claim: OutsideClaim,
        _ releasing: (Set<QueueName>) -> Void
    ) throws(StoreError) -> OutsideGrant? {
        let waiting = try claimable(claim.demand)
        guard waiting.plainBand != nil || waiting.gatedBand != nil || waiting.hasAlone else { return nil }
        let isGatedFirst = Self.isGatedFirst(waiting)
        var request = ClaimRequest(
            worker: claim.token.worker,
            lanes: Lane.all(of: claim.demand.queues),
            kinds: claim.demand.kinds,
            jobsMax: claim.jobsMax,
            argsBytesMax: Self.outsideBytesMax
        )
        var jobs: [ClaimedJob] = []
        try checkNotRestored()
        // One commit for the worker and its jobs, but never one that holds the lock of all gated claims.
        let expiresAt = try transaction { session throws(StoreError) in
            let expiresAt = try session.register(claim)
            if waiting.hasAlone, let job = try session.claimAlone(request) { jobs.append(job) }
            if !isGatedFirst { try session.claimPlain(waiting, &request, claim.jobsMax, &jobs) }
            return expiresAt
        }
        let isAloneWanted = waiting.hasAlone && jobs.isEmpty
        if isAloneWanted || waiting.gatedBand != nil, jobs.count < claim.jobsMax {
            request.jobsMax = claim.jobsMax - jobs.count
            jobs += try claimHeldBack(request, alone: isAloneWanted, others: waiting.gatedBand != nil, releasing)
        }
        if isGatedFirst { try claimPlain(waiting, &request, claim.jobsMax, &jobs) }
        guard !jobs.isEmpty else {
            try remove(worker: claim.token.worker)
            return nil
        }
        return OutsideGrant(expiresAt: expiresAt, jobs: jobs)
    }

    /// Which sort is asked for first: the more urgent one, and by lot when they are equals, so that neither starves.
    private static func isGatedFirst(_ waiting: Claimable) -> Bool {
        guard let gated = waiting.gatedBand else { return false }
        guard let plain = waiting.plainBand, plain <= gated else { return true }
        return plain == gated && Bool.random()
    }

    private func claimable(_ demand: ClaimDemand) throws(StoreError) -> Claimable {
        let lanes = Lane.all(of: demand.queues)
        let rows = try run(Self.findClaimable) {
            $0.int2(shard)
            $0.textArray(lanes.map(\.queue.text))
            $0.int2Array(lanes.map(\.priority.rawValue))
            $0.textArray(demand.kinds.map(\.text))
        }
        return Claimable(
            plainBand: rows.isNull(0, 0) ? nil : rows.int2(0, 0),
            gatedBand: rows.isNull(0, 1) ? nil : rows.int2(0, 1),
            hasAlone: rows.bool(0, 2)
        )
    }

    private func register(_ claim: OutsideClaim) throws(StoreError) -> Timestamp {
        let rows = try run(Self.registerClaim) {
            $0.uuid(claim.token.worker)
            $0.int4(Int32(claim.jobsMax))
            $0.int4(Int32(claim.leaseTime.wholeMilliseconds))
            $0.text(claim.name)
            $0.text(claim.version)
            $0.textArray(claim.demand.queues.map(\.text))
            $0.textArray(claim.demand.kinds.map(\.text))
            $0.bytea(claim.token.hash)
            $0.text(claim.owner)
        }
        return rows.moment(0, 0)
    }

    private func claimAlone(_ request: ClaimRequest) throws(StoreError) -> ClaimedJob? {
        let queues = Array(Set(request.lanes.map(\.queue)))
        return try claimAlone(worker: request.worker, queues: queues, kinds: request.kinds)
    }

    private func claimPlain(
        _ waiting: Claimable,
        _ request: inout ClaimRequest,
        _ jobsMax: Int,
        _ jobs: inout [ClaimedJob]
    ) throws(StoreError) {
        guard waiting.plainBand != nil, jobs.count < jobsMax else { return }
        request.jobsMax = jobsMax - jobs.count
        jobs += try claim(request).jobs
    }

    /// Claims jobs that limits may hold back: first one that lost a lease before, then `others`.
    private func claimHeldBack(
        _ request: ClaimRequest,
        alone: Bool,
        others: Bool,
        _ releasing: (Set<QueueName>) -> Void
    ) throws(StoreError) -> [ClaimedJob] {
        var request = request
        request.argsBytesMax = Self.outsideGatedBytesMax
        var (jobs, watchedKeys): ([ClaimedJob], [String]) = ([], [])
        // Those with fair keys and those without go first by lot, so that neither starves.
        let isFairFirst = Bool.random()
        let parts = [(isAlone: true, isFair: false), (false, isFairFirst), (false, !isFairFirst)]
        for (isAlone, isFair) in parts where isAlone ? alone : others {
            guard jobs.count < request.jobsMax else { continue }
            var part = request
            part.jobsMax = isAlone ? 1 : request.jobsMax - jobs.count
            let answer = try claimGated(part, isAlone: isAlone, isFair: isFair)
            jobs += answer.jobs
            watchedKeys += answer.watchedKeys
        }
        // Somebody may have made room just before the jobs were there to be released.
        if !watchedKeys.isEmpty { releasing(try releaseLimited(watchedKeys).queues) }
        return jobs
    }

    /// Takes back all that a claim got, free of charge, because its maker will not hear of it; the queues to wake.
    package func giveBack(_ token: ClaimToken) throws(StoreError) -> Set<QueueName> {
        let queues = try returnLeases(of: token.worker, except: [])
        try remove(worker: token.worker)
        return Set(queues)
    }

    /// Extends the leases of a claim; until when. Nil: it is over, or it is not `owner`'s.
    package func beat(_ token: ClaimToken, owner: String) throws(StoreError) -> Timestamp? {
        let rows = try run(Self.beatClaim) {
            $0.uuid(token.worker)
            $0.bytea(token.hash)
            $0.text(owner)
        }
        return rows.rowCount == 0 ? nil : rows.moment(0, 0)
    }
}

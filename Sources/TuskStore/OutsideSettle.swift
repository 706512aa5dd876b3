package import TuskCore
import TuskPostgres

/// How somebody outside says that a job ended.
package struct OutsideOutcome: Sendable {
    package let id: JobID
    package let end: AttemptEnd

    /// An outcome of these parts.
    package init(id: JobID, end: AttemptEnd) {
        self.id = id
        self.end = end
    }
}

/// What became of such outcomes.
package struct OutsideSettlement: Sendable {
    /// The state of each job after it, in input order; nil: the claim does not hold it any more, and nothing changed.
    package fileprivate(set) var states: [JobState?]
    /// Queues that have jobs again.
    package fileprivate(set) var queues: Set<QueueName> = []
}

extension StoreSession {
    private static let readClaimedJobs = SQLCatalog.statement("read_claimed_jobs", isReadOnly: true)
    private static let readSettledClaim = SQLCatalog.statement("read_settled_claim", isReadOnly: true)
    private static let removeSettledWorker = SQLCatalog.statement("remove_settled_worker")

    /// What a claim knows of a job that it holds.
    private struct Held {
        let entry: SettleEntry
        let isGated: Bool
        let queue: QueueName?
    }

    /// Ends attempts of a claim, each judged by itself. What was settled before by the same claim is told its state
    /// again. No job may be in it twice. Needs a session with pinned plans.
    ///
    /// - Returns: nil when the claim is over, or not `owner`'s, and settled none of these jobs.
    package func settle(
        _ outcomes: [OutsideOutcome],
        _ token: ClaimToken,
        owner: String
    ) throws(StoreError) -> OutsideSettlement? {
        let outcomes = try outcomes.map { outcome throws(StoreError) in try noted(outcome) }
        let held = try held(outcomes, token, owner)
        var settlement = OutsideSettlement(states: outcomes.map { _ in nil })
        let known = (held ?? []).indices.filter { held?[$0] != nil }
        let jobs = (held ?? []).compactMap { $0 }
        let statuses = try settle(jobs.map(\.entry), worker: token.worker)
        for (index, (job, status)) in zip(known, zip(jobs, statuses)) {
            switch status {
            case .accepted: settlement.states[index] = job.entry.verdict.state
            case .cancelled: settlement.states[index] = .cancelled
            case .acceptedBefore, .leaseLost: break
            }
            if status == .accepted, job.entry.verdict == .giveBack, let queue = job.queue {
                settlement.queues.insert(queue)
            }
        }
        noteMinute(jobs, statuses)
        try tellBefore(outcomes, token, &settlement)
        guard held != nil || settlement.states.contains(where: { $0 != nil }) else { return nil }
        settlement.queues.formUnion(releaseLimits(of: jobs))
        if held != nil { _ = try run(Self.removeSettledWorker) { $0.uuid(token.worker) } }
        return settlement
    }

    /// Counts them for the charts, as far as that works.
    private func noteMinute(_ jobs: [Held], _ statuses: [SettleStatus]) {
        var tallies: [QueueName: QueueTally] = [:]
        for (job, status) in zip(jobs, statuses) where status == .accepted || status == .cancelled {
            guard let queue = job.queue else { continue }
            tallies[queue, default: QueueTally()].settled(status == .cancelled ? .cancel : job.entry.verdict)
            if let time = job.entry.startedAgo { tallies[queue, default: QueueTally()].ran(for: time) }
        }
        guard !tallies.isEmpty else { return }
        do throws(StoreError) {
            try note(tallies)
        } catch {
            // The jobs are settled; only a chart is short of them.
        }
    }

    /// Tells the breakers of the job's keys that their resource is unavailable.
    private func noted(_ outcome: OutsideOutcome) throws(StoreError) -> OutsideOutcome {
        guard case .unavailable(let error, let key, let delay, false) = outcome.end else { return outcome }
        let isHeld = try noteUnavailable(outcome.id, key: key, reason: error, hold: delay)
        return OutsideOutcome(
            id: outcome.id,
            end: .unavailable(error: error, key: key, retryAfter: delay, isHeld: isHeld)
        )
    }

    /// What the claim holds of these; nil: there is no such claim.
    private func held(
        _ outcomes: [OutsideOutcome],
        _ token: ClaimToken,
        _ owner: String
    ) throws(StoreError) -> [Held?]? {
        let rows = try run(Self.readClaimedJobs) {
            $0.int2(shard)
            $0.uuid(token.worker)
            $0.bytea(token.hash)
            $0.text(owner)
            $0.int8Array(outcomes.map(\.id.rawValue))
        }
        guard rows.rowCount > 0 else { return nil }
        guard rows.rowCount == outcomes.count else { throw .unreadable("the jobs of a claim") }
        return outcomes.enumerated().map { row, outcome in
            guard let lease = rows.int8IfPresent(row, 0).flatMap({ LeaseNumber(rawValue: $0) }) else { return nil }
            let attempt = Int(rows.int2(row, 2)) + 1
            let maxAttempts = rows.isNull(row, 5) ? attempt : Int(rows.int2(row, 5))
            let verdict = Transition.verdict(
                for: outcome.end,
                attempt: attempt,
                maxAttempts: maxAttempts,
                retry: Self.retryPolicy(rows.jsonIfPresent(row, 6)),
                random: Double.random(in: 0..<1)
            )
            let entry = SettleEntry(
                id: outcome.id,
                lease: lease,
                position: rows.int4(row, 1),
                verdict,
                startedAgo: .microseconds(rows.int8(row, 3)),
                reason: Self.reason(verdict, outcome.end),
                error: Self.error(outcome.end),
                result: Self.result(outcome.end)
            )
            let queue = rows.textIfPresent(row, 7).flatMap { QueueName($0) }
            return Held(entry: entry, isGated: rows.bool(row, 4), queue: queue)
        }
    }

    /// Looks for those that were not settled now among what was settled before.
    private func tellBefore(
        _ outcomes: [OutsideOutcome],
        _ token: ClaimToken,
        _ settlement: inout OutsideSettlement
    ) throws(StoreError) {
        let rest = outcomes.indices.filter { settlement.states[$0] == nil }
        guard !rest.isEmpty else { return }
        let rows = try run(Self.readSettledClaim) {
            $0.int2(shard)
            $0.uuid(token.worker)
            $0.int8Array(rest.map { outcomes[$0].id.rawValue })
        }
        guard rows.rowCount == rest.count else { throw .unreadable("what a claim settled") }
        for (row, index) in rest.enumerated() {
            settlement.states[index] = rows.textIfPresent(row, 0).flatMap { JobState(rawValue: $0) }
        }
    }

    /// Lets in who waits for what these jobs held.
    private func releaseLimits(of jobs: [Held]) -> Set<QueueName> {
        let ids = jobs.filter(\.isGated).map(\.entry.id)
        guard !ids.isEmpty else { return [] }
        do throws(StoreError) {
            return try releaseLimited(by: ids)
        } catch {
            // The jobs are settled, and the scheduler looks for those that wait each second.
            return []
        }
    }

    /// The job's own policy. One that cannot be read counts as none.
    private static func retryPolicy(_ text: JSONText?) -> RetryPolicy {
        guard let text else { return .standard }
        do {
            return try RetryPolicy(json: try JSONDocument(validating: text.bytes, limits: .metadata).root)
        } catch {
            return .standard
        }
    }

    private static func reason(_ verdict: Verdict, _ end: AttemptEnd) -> String? {
        guard verdict == .discard else { return nil }
        if case .discard = end { return "handler" }
        return "attempts"
    }

    private static func error(_ end: AttemptEnd) -> String? {
        switch end {
        case .failed(let error), .retry(_, let error), .undecodable(let error), .unavailable(let error, _, _, _): error
        case .discard(let reason), .cancel(let reason): reason
        case .returned, .snooze, .timedOut, .givenBack, .leaseLost: nil
        }
    }

    private static func result(_ end: AttemptEnd) -> JSONText? {
        guard case .returned(let result) = end else { return nil }
        return result
    }
}

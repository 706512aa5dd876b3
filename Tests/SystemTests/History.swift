import TuskCore

/// What happened to jobs during a run with faults, as far as it was written down.
struct History {
    /// An execution that was begun, written by the handler itself before and after its work.
    struct Execution: Hashable {
        let job: JobID
        let lease: LeaseNumber
        /// Microseconds since 1970 by the host's clock, which the database shares in these tests.
        let startedAt: Int64
        /// Nil: it never came to its end.
        var endedAt: Int64?
    }

    /// Something that a worker reported and the database accepted, or a rescue.
    struct Acceptance: Hashable {
        let job: JobID
        let lease: Int64
        /// `completed`, `cancelled` and `discarded` are final; `failed`, `snoozed`, `given_back` and `lost` are not.
        let what: String
        let at: Int64

        var isFinal: Bool { JobState(rawValue: what)?.isFinal ?? false }
    }

    /// Jobs whose enqueue was acknowledged.
    var acknowledged: Set<JobID> = []
    /// Jobs of enqueues whose answer never came: each may exist or not.
    var unknownCount = 0
    /// Jobs that exist at the end.
    var existing: Set<JobID> = []
    var executions: [Execution] = []
    var acceptances: [Acceptance] = []
}

/// Finds what must never happen in a history. Each rule stands for a promise of the README.
struct HistoryChecker {
    enum Rule: String, CaseIterable {
        case acknowledgedJobIsLost = "an acknowledged job has no final outcome"
        case strangerExists = "a job exists that nobody enqueued"
        case endedTwice = "a job has two final outcomes"
        case completedWithoutExecution = "a job is completed under a lease that never finished it"
        case startedAfterItsEnd = "an execution started under a lease later than the final one"
        case leaseRanTwice = "one lease of a job was executed twice"
        case leaseAcceptedTwice = "one lease of a job was accepted twice"
        case staleLeaseAccepted = "a lease was accepted after a later one had started"
    }

    struct Violation: Hashable, CustomStringConvertible {
        let rule: Rule
        let job: JobID

        var description: String { "\(rule.rawValue): job \(job)" }
    }

    /// All violations; empty means that the promises held.
    static func violations(in history: History) -> [Violation] {
        let executions = Dictionary(grouping: history.executions, by: \.job)
        let acceptances = Dictionary(grouping: history.acceptances, by: \.job)
        var found: [Violation] = []
        let strangers = history.existing.subtracting(history.acknowledged)
        if strangers.count > history.unknownCount {
            found += strangers.sorted().map { Violation(rule: .strangerExists, job: $0) }
        }
        for job in history.acknowledged.union(history.existing).union(executions.keys).sorted() {
            let isAcknowledged = history.acknowledged.contains(job)
            let rules = broken(isAcknowledged, executions[job] ?? [], acceptances[job] ?? [])
            found += rules.map { Violation(rule: $0, job: job) }
        }
        return found
    }

    private static func broken(
        _ isAcknowledged: Bool,
        _ executions: [History.Execution],
        _ acceptances: [History.Acceptance]
    ) -> [Rule] {
        let finals = acceptances.filter(\.isFinal)
        var rules: [Rule] = []
        if isAcknowledged && finals.isEmpty { rules.append(.acknowledgedJobIsLost) }
        if finals.count > 1 { rules.append(.endedTwice) }
        if Set(executions.map(\.lease)).count < executions.count { rules.append(.leaseRanTwice) }
        let leases = acceptances.filter { $0.lease > 0 }.map(\.lease)
        if Set(leases).count < leases.count { rules.append(.leaseAcceptedTwice) }
        for final in finals where final.what == "completed" {
            let finished = executions.contains { $0.lease.rawValue == final.lease && $0.endedAt != nil }
            if !finished { rules.append(.completedWithoutExecution) }
        }
        for final in finals where final.lease > 0 && executions.contains(where: { $0.lease.rawValue > final.lease }) {
            rules.append(.startedAfterItsEnd)
        }
        let isStale = acceptances.contains { accepted in
            accepted.lease > 0
                && executions.contains { $0.lease.rawValue > accepted.lease && $0.startedAt < accepted.at }
        }
        if isStale { rules.append(.staleLeaseAccepted) }
        return rules
    }
}

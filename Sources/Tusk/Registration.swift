import Synchronization
import TuskStore

/// One registration of this process under a worker id, and whether it may still act under it.
///
/// A process that was stopped and goes on later looks here before it starts or settles anything, by a clock that also
/// runs while the machine sleeps. Reading is an atomic load; only `Registrar` writes.
final class Registration: Sendable {
    let id: WorkerID
    private static let epoch = ContinuousClock.now
    private static let fenced = Int64.min
    private let validUntil: Atomic<Int64>
    private let inHand = Atomic<Int>(0)
    /// How many jobs of each lease are in hand.
    private let leases = Mutex<[LeaseNumber: Int]>([:])

    /// A registration that holds until this moment unless it is renewed.
    init(id: WorkerID, validUntil: ContinuousClock.Instant) {
        self.id = id
        self.validUntil = Atomic(Self.number(validUntil))
    }

    /// Whether work may start, or be settled, under it at this moment.
    func isValid(at now: ContinuousClock.Instant) -> Bool {
        Self.number(now) < validUntil.load(ordering: .acquiring)
    }

    /// Whether it was fenced for good.
    var isFenced: Bool { validUntil.load(ordering: .acquiring) == Self.fenced }

    /// Extends it, unless it was fenced.
    func extend(until end: ContinuousClock.Instant) {
        var seen = validUntil.load(ordering: .acquiring)
        while seen != Self.fenced {
            let answer = validUntil.weakCompareExchange(
                expected: seen,
                desired: Self.number(end),
                ordering: .acquiringAndReleasing
            )
            if answer.exchanged { return }
            seen = answer.original
        }
    }

    /// Ends it for good. True for the first call only.
    func fence() -> Bool {
        validUntil.exchange(Self.fenced, ordering: .acquiringAndReleasing) != Self.fenced
    }

    /// Counts jobs that were claimed under it, by the lease of each.
    func take(_ jobs: [LeaseNumber]) {
        change(jobs, by: 1)
        inHand.add(jobs.count, ordering: .relaxed)
    }

    /// Counts jobs that were settled, or given up, by the lease of each.
    func release(_ jobs: [LeaseNumber]) {
        change(jobs, by: -1)
        inHand.subtract(jobs.count, ordering: .acquiringAndReleasing)
    }

    /// Leases of which a job is in hand.
    var leasesInHand: [LeaseNumber] { leases.withLock { Array($0.keys) } }

    private func change(_ jobs: [LeaseNumber], by one: Int) {
        leases.withLock { leases in
            var start = 0
            while start < jobs.count {
                // Jobs of one lease mostly come together.
                var end = start + 1
                while end < jobs.count, jobs[end] == jobs[start] { end += 1 }
                let count = leases[jobs[start], default: 0] + (end - start) * one
                leases[jobs[start]] = count == 0 ? nil : count
                start = end
            }
        }
    }

    /// Jobs that were claimed under it and not settled yet.
    var jobsInHand: Int { inHand.load(ordering: .acquiring) }

    /// Nanoseconds since the first use in this process.
    private static func number(_ instant: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = epoch.duration(to: instant).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

import Synchronization
import TuskStore

/// Claimed jobs on their way to the slots.
///
/// A slot takes one job at a time, so nothing waits behind a job that takes long. Slots without work are parked; of
/// these one is woken for a claim, and wakes the next when it finds more than it needs. Waking all at once, or one at
/// each take, costs 100 us a job (measured with 64 lanes on 2 cores).
final class Feed: Sendable {
    /// A claimed job, and under what it was claimed. A class, because it changes hands several times.
    final class Item: Sendable {
        let job: ClaimedJob
        let registration: Registration
        /// Whether it lost a lease before, so that no other such job may run beside it.
        let isAlone: Bool
        let claimedAt: ContinuousClock.Instant

        init(_ job: ClaimedJob, _ registration: Registration, isAlone: Bool, claimedAt: ContinuousClock.Instant) {
            self.job = job
            self.registration = registration
            self.isAlone = isAlone
            self.claimedAt = claimedAt
        }
    }

    /// What a slot finds.
    enum Take: Sendable {
        case item(Item)
        /// Nothing now.
        case empty
        /// The slot has to end.
        case closed
    }

    private struct State {
        var items: [Item] = []
        /// The first that was not taken; those before it are done with.
        var head = 0
        var parked: [CheckedContinuation<Void, Never>] = []
        /// Ring when so few are left.
        var lowWater = 0
        var isClosed = false

        var count: Int { items.count - head }

        mutating func takeFirst() -> Item {
            let item = items[head]
            head += 1
            if head == items.count {
                items.removeAll(keepingCapacity: true)
                head = 0
            }
            return item
        }
    }

    private let state = Mutex(State())
    private let claimer: Bell

    /// `claimer` is rung when jobs run low.
    init(claimer: Bell) {
        self.claimer = claimer
    }

    /// Jobs that wait for a slot.
    var count: Int { state.withLock { $0.count } }

    /// Since when the first of them waits.
    var firstClaimedAt: ContinuousClock.Instant? {
        state.withLock { $0.count > 0 ? $0.items[$0.head].claimedAt : nil }
    }

    /// Adds jobs. The claimer is rung when at most `lowWater` are left.
    func push(_ items: [Item], lowWater: Int) {
        let parked = state.withLock { state in
            state.items.removeSubrange(..<state.head)
            state.head = 0
            state.items += items
            state.lowWater = lowWater
            return state.count > 0 ? state.parked.popLast() : nil
        }
        parked?.resume()
    }

    /// Takes the next job. `wasParked` says that the slot was just woken, and so wakes the next one.
    func take(wasParked: Bool) -> Take {
        let (take, isLow, parked) = state.withLock { state -> (Take, Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (.closed, false, nil) }
            guard state.count > 0 else { return (.empty, true, nil) }
            let item = state.takeFirst()
            let next = wasParked && state.count > 0 ? state.parked.popLast() : nil
            return (.item(item), state.count == state.lowWater, next)
        }
        parked?.resume()
        if isLow { claimer.ring() }
        return take
    }

    /// Waits until there may be something to take.
    func park() async {
        await withCheckedContinuation { continuation in
            let isBusy = state.withLock { state in
                guard state.count == 0, !state.isClosed else { return true }
                state.parked.append(continuation)
                return false
            }
            if isBusy { continuation.resume() }
        }
    }

    /// Takes out the jobs that `isWanted` picks; nobody else gets them.
    func remove(where isWanted: (Item) -> Bool) -> [Item] {
        state.withLock { state in
            guard state.count > 0 else { return [] }
            let waiting = state.items[state.head...]
            let removed = waiting.filter(isWanted)
            guard !removed.isEmpty else { return [] }
            state.items = waiting.filter { !isWanted($0) }
            state.head = 0
            return removed
        }
    }

    /// Ends all slots as soon as they have no job.
    func close() {
        let parked = state.withLock { state in
            state.isClosed = true
            defer { state.parked = [] }
            return state.parked
        }
        for continuation in parked { continuation.resume() }
    }
}

import Dispatch
import Synchronization
import TuskStore

/// Claimed jobs on their way to the slots.
///
/// A slot takes one job at a time, so nothing waits behind a job that takes long. Slots without work are parked; of
/// these one is woken for a claim unless some are awake, and wakes the next when it finds more than those awake do
/// within `wakeWorth`. When they turn out to be held by long jobs, the watch wakes another.
/// Waking all at once, or one at each take, costs 100 us a job (measured with 64 lanes on 2 cores); waking all 8 for
/// jobs that take no time costs as much again as the jobs do, because they stand in each other's way.
final class Feed: Sendable {
    /// A claimed job, and under what it was claimed. A class, because it changes hands several times.
    final class Item: Sendable {
        let job: ClaimedJob
        let registration: Registration
        /// Whether it lost a lease before, so that no other such job may run beside it.
        let isAlone: Bool
        let claimedAt: ContinuousClock.Instant
        /// When its tokens of a rate are there; nil: it may start at once.
        let startAt: ContinuousClock.Instant?

        init(_ job: ClaimedJob, _ registration: Registration, isAlone: Bool, claimedAt: ContinuousClock.Instant) {
            self.job = job
            self.registration = registration
            self.isAlone = isAlone
            self.claimedAt = claimedAt
            startAt = job.startsIn > .zero ? claimedAt + job.startsIn : nil
        }
    }

    /// What a slot finds.
    enum Take: Sendable {
        case item(Item)
        /// Nothing now, or enough others work on it.
        case empty
        /// The slot has to end.
        case closed
    }

    /// How much work has to wait before it is worth waking another slot.
    private static let wakeWorthNanoseconds = 5_000_000

    private struct State {
        var items: [Item] = []
        /// Jobs that may not start yet, the first to start last.
        var later: [Item] = []
        /// Whether somebody will come when the next of them may start.
        var isTimed = false
        /// The first that was not taken; those before it are done with.
        var head = 0
        var parked: [CheckedContinuation<Void, Never>] = []
        /// Ring when so few are left.
        var lowWater = 0
        var isClosed = false
        /// Slots that are neither parked nor gone.
        var awake = 0
        /// How many of them were held by jobs that take long when the watch looked last.
        var held = 0
        /// Slots that are about to take the next job.
        var free: Int { max(0, awake - held) }
        /// How long a job takes lately; nil: nobody knows.
        var jobNanoseconds: Int?
        /// Jobs taken so far, and when somebody last looked whether any are.
        var taken = 0
        var takenAtLook = 0

        var count: Int { items.count - head }

        /// The slot to wake for what waits, if that is worth it.
        mutating func nextToWake() -> CheckedContinuation<Void, Never>? {
            guard count > 0, !parked.isEmpty else { return nil }
            if let jobNanoseconds, count * jobNanoseconds < free * Feed.wakeWorthNanoseconds { return nil }
            return wakeOne()
        }

        /// Whether the free slots are more than what waits is worth, by far: on few cores they would only stand in
        /// each other's way (15 us a job instead of 3, measured with 8 slots on 2 cores).
        var hasSurplus: Bool {
            guard free > 1, let jobNanoseconds else { return false }
            return count * jobNanoseconds < (free - 1) * Feed.wakeWorthNanoseconds / 4
        }

        /// Any parked slot.
        mutating func wakeOne() -> CheckedContinuation<Void, Never>? {
            guard let one = parked.popLast() else { return nil }
            awake += 1
            return one
        }

        mutating func takeFirst() -> Item {
            let item = items[head]
            head += 1
            taken += 1
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

    /// Jobs that wait for a slot or for their tokens.
    var count: Int { state.withLock { $0.count + $0.later.count } }

    /// Since when the first of them waits.
    var firstClaimedAt: ContinuousClock.Instant? {
        state.withLock { $0.count > 0 ? $0.items[$0.head].claimedAt : nil }
    }

    /// Adds jobs. The claimer is rung when at most `lowWater` are left.
    func push(_ items: [Item], lowWater: Int) {
        let parked = state.withLock { state in
            state.items.removeSubrange(..<state.head)
            state.head = 0
            for item in items where item.startAt == nil { state.items.append(item) }
            state.lowWater = lowWater
            return state.free == 0 && state.count > 0 ? state.wakeOne() : state.nextToWake()
        }
        parked?.resume()
        let later = items.filter { $0.startAt != nil }
        if !later.isEmpty { time(later) }
    }

    /// Keeps jobs until they may start. What starts late by the timer does not matter: its tokens are there.
    private func time(_ items: [Item]) {
        let now = ContinuousClock.now
        let (parked, wait) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Duration?) in
            if !items.isEmpty {
                state.later += items
                state.later.sort { $0.startAt ?? now > $1.startAt ?? now }
            }
            while let item = state.later.last, item.startAt ?? now <= now {
                state.items.append(item)
                state.later.removeLast()
            }
            let parked = state.free == 0 && state.count > 0 ? state.wakeOne() : state.nextToWake()
            guard let next = state.later.last?.startAt, !state.isTimed, !state.isClosed else { return (parked, nil) }
            state.isTimed = true
            return (parked, now.duration(to: next))
        }
        parked?.resume()
        guard let wait else { return }
        let deadline = DispatchTime.now() + .microseconds(Int(wait.microseconds))
        DispatchQueue.global(qos: .userInitiated).asyncAfter(deadline: deadline) { [self] in
            state.withLock { $0.isTimed = false }
            time([])
        }
    }

    /// Takes the next job. `wasParked` says that the slot was just woken, and so wakes the next one.
    func take(wasParked: Bool) -> Take {
        let (take, isLow, parked) = state.withLock { state -> (Take, Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (.closed, false, nil) }
            guard state.count > 0 else { return (.empty, true, nil) }
            guard !state.hasSurplus else { return (.empty, false, nil) }
            let item = state.takeFirst()
            let next = wasParked ? state.nextToWake() : nil
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
                guard state.count == 0 || state.hasSurplus, !state.isClosed else { return true }
                state.awake -= 1
                state.parked.append(continuation)
                return false
            }
            if isBusy { continuation.resume() }
        }
    }

    /// A slot begins to take jobs.
    func join() {
        state.withLock { $0.awake += 1 }
    }

    /// A slot takes no more jobs. It is not parked.
    func leave() {
        state.withLock { $0.awake -= 1 }
    }

    /// Takes note of how long a job takes lately; nil: nobody knows.
    func setPace(_ secondsPerJob: Double?) {
        let nanoseconds = secondsPerJob.map { Int(min($0 * 1e9, 1e15)) }
        state.withLock { $0.jobNanoseconds = nanoseconds }
    }

    /// Takes note of how many slots are held by jobs that take long.
    func setHeld(_ count: Int) {
        state.withLock { $0.held = count }
    }

    /// Wakes a slot when jobs wait and none was taken since this was last asked: those awake are held by jobs that take
    /// longer than jobs did lately. The slot wakes the next.
    func wakeWhenStalled() {
        let parked = state.withLock { state -> CheckedContinuation<Void, Never>? in
            let isStalled = state.count > 0 && state.taken == state.takenAtLook
            state.takenAtLook = state.taken
            guard isStalled else { return nil }
            state.jobNanoseconds = nil
            return state.wakeOne()
        }
        parked?.resume()
    }

    /// Takes out the jobs that `isWanted` picks; nobody else gets them.
    func remove(where isWanted: (Item) -> Bool) -> [Item] {
        state.withLock { state in
            guard state.count + state.later.count > 0 else { return [] }
            let waiting = state.items[state.head...]
            let removed = waiting.filter(isWanted) + state.later.filter(isWanted)
            guard !removed.isEmpty else { return [] }
            state.items = waiting.filter { !isWanted($0) }
            state.later.removeAll(where: isWanted)
            state.head = 0
            return removed
        }
    }

    /// Ends all slots as soon as they have no job.
    func close() {
        let parked = state.withLock { state in
            state.isClosed = true
            state.awake += state.parked.count
            defer { state.parked = [] }
            return state.parked
        }
        for continuation in parked { continuation.resume() }
    }
}

import Dispatch
import Synchronization
import TuskStore

/// The slots of a worker: they run what the feed gives.
final class Slots: Sendable {
    /// How much the slots have done, for measuring how fast they are.
    struct Work: Sendable {
        /// Runs that ended.
        var runs = 0
        /// Time that slots were busy, with the runs that still go on.
        var busyTime = Duration.zero
        /// Runs that took `slowTime` or longer.
        var slowRuns = 0
        /// Time that all others took.
        var quickTime = Duration.zero
    }

    /// What takes so long does not count as quick: 100 us.
    static let slowTime = Duration.microseconds(100)

    private struct State {
        var slots: [Slot] = []
        /// Slots whose handlers ignored that they were told to stop.
        var stuck: [Slot] = []
        var lastNumber = 0
    }

    private let state = Mutex(State())
    private let busy = Atomic<Int>(0)
    private let endedRuns = Atomic<Int>(0)
    private let quickMicroseconds = Atomic<Int>(0)
    private let slowRuns = Atomic<Int>(0)
    private let slowMicroseconds = Atomic<Int>(0)
    /// Handlers may run their own code when their task is cancelled, and block in it; so that happens here, where
    /// nothing else waits but other cancellations.
    private let cancellations = DispatchQueue(label: "tusk.cancel")

    /// Opens slots until there are so many, each of which runs `body`. Several threads may want that at once.
    func open(upTo count: Int, _ body: @escaping @Sendable (Slot) async -> Void) {
        let new = state.withLock { state in
            let new = (0..<max(0, count - state.slots.count)).map { Slot(number: state.lastNumber + 1 + $0) }
            state.lastNumber += new.count
            state.slots += new
            return new
        }
        for slot in new { slot.start(body) }
    }

    /// Slots that are not stuck.
    var count: Int { state.withLock { $0.slots.count } }

    /// Slots that have no job.
    var idleCount: Int { max(0, count - busyCount) }

    /// Slots that run a job, stuck ones left out.
    var busyCount: Int { busy.load(ordering: .relaxed) }

    /// Slots that were given up and whose handlers still run.
    var stuckCount: Int { state.withLock { $0.stuck.count } }

    /// What runs now, with its slot.
    var running: [(slot: Slot, run: JobRun)] {
        state.withLock { $0.slots }.compactMap { slot in slot.run.map { (slot, $0) } }
    }

    /// How much was done so far.
    func work(at now: ContinuousClock.Instant) -> Work {
        let quick = Duration.microseconds(quickMicroseconds.load(ordering: .relaxed))
        var work = Work(
            runs: endedRuns.load(ordering: .relaxed),
            busyTime: quick + .microseconds(slowMicroseconds.load(ordering: .relaxed)),
            slowRuns: slowRuns.load(ordering: .relaxed),
            quickTime: quick
        )
        for (_, run) in running { work.busyTime += max(.zero, run.startedAt.duration(to: now)) }
        return work
    }

    /// A run begins in a slot.
    func begin(_ run: JobRun, in slot: Slot) {
        slot.begin(run)
        busy.add(1, ordering: .relaxed)
    }

    /// The run of a slot is over; what its task does next.
    func end(_ slot: Slot, after time: Duration) -> Slot.Next {
        endedRuns.add(1, ordering: .relaxed)
        if time < Self.slowTime {
            quickMicroseconds.add(Int(time.wholeMicroseconds), ordering: .relaxed)
        } else {
            slowRuns.add(1, ordering: .relaxed)
            slowMicroseconds.add(Int(time.wholeMicroseconds), ordering: .relaxed)
        }
        let next = slot.end()
        switch next {
        case .takeOn, .renew: busy.subtract(1, ordering: .relaxed)
        case .end: state.withLock { $0.stuck.removeAll { $0 === slot } }
        }
        return next
    }

    /// Tells a handler to stop.
    func stop(_ run: JobRun, in slot: Slot, _ cause: StopCause, at now: ContinuousClock.Instant) {
        guard run.stop(cause, at: now), let task = slot.spend(for: run) else { return }
        cancellations.async { task.cancel() }
    }

    /// Gives a slot up whose handler ignored that it was told to stop. False when the run is over.
    func abandon(_ slot: Slot, _ run: JobRun) -> Bool {
        // Under one lock: the run that ends at this moment must find the slot among the stuck ones.
        let isStuck = state.withLock { state in
            guard slot.abandon(run) else { return false }
            state.slots.removeAll { $0 === slot }
            state.stuck.append(slot)
            return true
        }
        if isStuck { busy.subtract(1, ordering: .relaxed) }
        return isStuck
    }
}

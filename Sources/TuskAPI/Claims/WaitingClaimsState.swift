import TuskCore
import TuskStore

/// Which claims wait for jobs, and which of them tries next.
///
/// ```
/// enter --> waiting, with others of the same demand --attempt of the first--> claimed (answered, the next one tries)
///                ^                                          |
///                +--- nothing there: all of them wait on ---+--> time up, once something was tried after entering
/// ```
///
/// Those that want the same wait in one line, and only the first of a line asks the database: what it does not find is
/// not there for the others either. A line tries when somebody enters it, when a signal names one of its queues, and
/// when it is polled; all lines together are polled at a bounded rate.
struct WaitingClaimsState<Waiter: Sendable>: Sendable {
    struct Limits: Sendable {
        /// Claims that wait at once; more are refused.
        var waitsMax = 1000
        /// A line that nobody signals tries this often, or more seldom when there are many.
        var pollInterval = Duration.milliseconds(500)
        /// Between two polls, of whichever lines.
        var pollPause = Duration.milliseconds(50)
    }

    /// A claim that tries now.
    struct Attempt: Sendable {
        let waiter: Waiter
        let demand: ClaimDemand
        fileprivate let entry: Entry
        /// Entries below it were there when the attempt began.
        fileprivate let entriesBefore: UInt64
    }

    /// What came of an attempt.
    enum Result: Sendable {
        /// It got jobs, or its client left: its line goes on with the next one.
        case over
        /// Nothing is there.
        case nothing
        /// The database did not do it; the claim that tried was told so.
        case failed
    }

    /// What to do next.
    enum Step: Sendable {
        case attempt(Attempt)
        /// Answer these: their time is up, and nothing came.
        case timeUp([Waiter])
        /// Refuse these: their time is up, and the database did not answer.
        case refuse([Waiter])
        /// Look again after so long, or when something happens.
        case wait(Duration)
        /// Look again when something happens.
        case idle
        /// Nothing comes any more.
        case end
    }

    fileprivate struct Entry: Sendable {
        let number: UInt64
        let waiter: Waiter
        var until: ContinuousClock.Instant
        var isTried = false
        /// Whether what was tried last failed.
        var isFailed = false
    }

    private struct Line: Sendable {
        var entries: [Entry] = []
        var isRunning = false
        /// Whether it is to try again when the attempt that runs is over.
        var isDue = false
        var triedAt: ContinuousClock.Instant

        /// Notes what was tried on behalf of all that were there.
        mutating func tried(before number: UInt64, isFailed: Bool) {
            for index in entries.indices where entries[index].number < number {
                entries[index].isTried = true
                entries[index].isFailed = isFailed
            }
        }
    }

    private let limits: Limits
    private var lines: [ClaimDemand: Line] = [:]
    /// Lines that are to try and do not yet, the longest waiting first.
    private var due = FIFO<ClaimDemand>()
    private var count = 0
    private var entered: UInt64 = 0
    private var polledAt: ContinuousClock.Instant?
    private var isStopped = false
    private(set) var isDraining = false

    init(limits: Limits) {
        self.limits = limits
    }

    /// Claims that wait or try.
    var waitCount: Int { count }

    /// Whether there is room for one more. It gets at least one attempt, and waits until then for another.
    mutating func enter(
        _ waiter: Waiter,
        _ demand: ClaimDemand,
        until: ContinuousClock.Instant,
        at now: ContinuousClock.Instant
    ) -> Bool {
        guard count < limits.waitsMax, !isDraining else { return false }
        count += 1
        entered += 1
        lines[demand, default: Line(triedAt: now)].entries.append(Entry(number: entered, waiter: waiter, until: until))
        makeDue(demand)
        return true
    }

    /// Lets those try who wait for one of these queues; whether there are any.
    mutating func signal(_ queues: Set<QueueName>) -> Bool {
        guard count > 0 else { return false }
        let concerned = lines.keys.filter { !queues.isDisjoint(with: $0.queues) }
        for demand in concerned { makeDue(demand) }
        return !concerned.isEmpty
    }

    private mutating func makeDue(_ demand: ClaimDemand) {
        guard let line = lines[demand], !line.isDue else { return }
        lines[demand]?.isDue = true
        if !line.isRunning { due.append(demand) }
    }

    /// What to do at this moment. Only one thread asks.
    mutating func next(at now: ContinuousClock.Instant) -> Step {
        if let step = answerOverdue(at: now) { return step }
        if isStopped { return .end }
        if let attempt = nextAttempt(at: now) { return .attempt(attempt) }
        guard count > 0 else { return .idle }
        guard let poll = nextPoll(at: now) else { return .wait(nextEnd(at: now)) }
        guard poll.at <= now else { return .wait(min(nextEnd(at: now), now.duration(to: poll.at))) }
        polledAt = now
        makeDue(poll.demand)
        return nextAttempt(at: now).map { .attempt($0) } ?? .wait(.zero)
    }

    /// Those whose time is up: first those for whom the last attempt failed.
    private mutating func answerOverdue(at now: ContinuousClock.Instant) -> Step? {
        for isFailed in [true, false] {
            var waiters: [Waiter] = []
            remove { entry in
                guard entry.until <= now, entry.isTried, entry.isFailed == isFailed else { return false }
                waiters.append(entry.waiter)
                return true
            }
            if !waiters.isEmpty { return isFailed ? .refuse(waiters) : .timeUp(waiters) }
        }
        return nil
    }

    private mutating func nextAttempt(at now: ContinuousClock.Instant) -> Attempt? {
        while let demand = due.popFirst() {
            guard var line = lines[demand], line.isDue, !line.isRunning else { continue }
            let entry = line.entries.removeFirst()
            line.isDue = false
            line.isRunning = true
            line.triedAt = now
            lines[demand] = line
            return Attempt(waiter: entry.waiter, demand: demand, entry: entry, entriesBefore: entered + 1)
        }
        return nil
    }

    /// The line that is polled next, and when.
    private func nextPoll(at now: ContinuousClock.Instant) -> (demand: ClaimDemand, at: ContinuousClock.Instant)? {
        let calm = lines.filter { !$0.value.isRunning && !$0.value.isDue }
        guard let first = calm.min(by: { $0.value.triedAt < $1.value.triedAt }) else { return nil }
        let wanted = first.value.triedAt.advanced(by: limits.pollInterval)
        let allowed = polledAt?.advanced(by: limits.pollPause) ?? now
        return (first.key, max(wanted, allowed))
    }

    /// How long until the time of the first one is up; of those that were tried, for the others cannot end before.
    private func nextEnd(at now: ContinuousClock.Instant) -> Duration {
        var end = now.advanced(by: limits.pollInterval)
        for line in lines.values {
            for entry in line.entries where entry.isTried { end = min(end, entry.until) }
        }
        return max(.zero, now.duration(to: end))
    }

    /// Takes note of what came of an attempt.
    mutating func finished(_ attempt: Attempt, _ result: Result, at now: ContinuousClock.Instant) {
        guard var line = lines[attempt.demand] else { return }
        line.isRunning = false
        var mustGoOn = line.isDue
        switch result {
        case .over:
            count -= 1
            mustGoOn = mustGoOn || !line.entries.isEmpty
        case .failed:
            count -= 1
            line.tried(before: attempt.entriesBefore, isFailed: true)
        case .nothing:
            var entry = attempt.entry
            if isDraining { entry.until = now }
            line.entries.insert(entry, at: 0)
            line.tried(before: attempt.entriesBefore, isFailed: false)
        }
        line.isDue = false
        lines[attempt.demand] = line.entries.isEmpty ? nil : line
        if mustGoOn { makeDue(attempt.demand) }
    }

    /// Takes out the waiting claims for which `isGone` holds, such as those whose clients left.
    mutating func removeAll(where isGone: (Waiter) -> Bool) {
        remove { isGone($0.waiter) }
    }

    private mutating func remove(_ isOut: (Entry) -> Bool) {
        guard count > 0 else { return }
        for (demand, line) in lines {
            let kept = line.entries.filter { !isOut($0) }
            guard kept.count < line.entries.count else { continue }
            count -= line.entries.count - kept.count
            lines[demand]?.entries = kept
            // While its first one tries, the line stays, for that one may come back.
            if kept.isEmpty {
                if line.isRunning { lines[demand]?.isDue = false } else { lines[demand] = nil }
            }
        }
    }

    /// Takes no more claims; the time of those that wait is up.
    mutating func drain(at now: ContinuousClock.Instant) {
        isDraining = true
        for demand in Array(lines.keys) {
            guard var line = lines[demand] else { continue }
            for index in line.entries.indices {
                line.entries[index].until = now
                line.entries[index].isTried = true
            }
            lines[demand] = line
        }
    }

    /// The same, for good.
    mutating func stop(at now: ContinuousClock.Instant) {
        drain(at: now)
        isStopped = true
    }
}

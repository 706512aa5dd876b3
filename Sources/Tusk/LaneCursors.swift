import TuskStore

/// The lanes of a worker in the order in which it claims from them, each with its cursor. Pure.
///
/// The most urgent band of all queues comes first; within a band the queues take turns at being first, so that a full
/// queue cannot starve its neighbours.
struct LaneCursors: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What one claim is to look at.
    struct Plan: Sendable {
        let lanes: [Lane]
        /// Whether it looks from the start of each lane.
        let isFullScan: Bool
    }

    /// Names a lane.
    struct Key: Hashable, Sendable {
        let queue: QueueName
        let priority: Priority
    }

    private let queues: [QueueName]
    private let start: Instant
    private var turn = 0
    private var cursors: [Key: ClaimCursor] = [:]

    /// All lanes of these queues, each from its start.
    init(queues: [QueueName], at now: Instant) {
        self.queues = queues
        start = now
        for queue in queues {
            for priority in Priority.all { cursors[Key(queue: queue, priority: priority)] = ClaimCursor() }
        }
    }

    /// The lanes for the next claim; `claimed` tells what it gave.
    mutating func next(at now: Instant) -> Plan {
        let order = queues[turn...] + queues[..<turn]
        turn = (turn + 1) % queues.count
        let time = start.duration(to: now)
        // All lanes are scanned in full by the same claims, so one of them tells for all.
        let isFullScan = cursors.values.first?.fullScanIsDue(now: time) ?? true
        let lanes = Priority.all.flatMap { priority in
            order.map { queue in
                let cursor = cursors[Key(queue: queue, priority: priority)]?.cursor(now: time) ?? 0
                return Lane(queue: queue, priority: priority, cursor: cursor)
            }
        }
        return Plan(lanes: lanes, isFullScan: isFullScan)
    }

    /// Takes note of what a claim gave. `reachedLimit`: it may have left rows that it saw.
    mutating func claimed(_ answer: ClaimAnswer, _ plan: Plan, reachedLimit: Bool, at now: Instant) {
        var highest: [Key: Int64] = [:]
        for job in answer.jobs {
            let key = Key(queue: job.queue, priority: job.priority)
            highest[key] = max(highest[key] ?? 0, job.rank)
        }
        claimed(
            highest,
            plan,
            reachedLimit: reachedLimit,
            xmin: answer.snapshotXmin,
            xmax: answer.snapshotXmax,
            at: now
        )
    }

    /// The same from the highest rank of each lane that gave something.
    mutating func claimed(
        _ highest: [Key: Int64],
        _ plan: Plan,
        reachedLimit: Bool,
        xmin: Int64,
        xmax: Int64,
        at now: Instant
    ) {
        let time = start.duration(to: now)
        for lane in plan.lanes {
            let key = Key(queue: lane.queue, priority: lane.priority)
            if plan.isFullScan { cursors[key]?.noteFullScan(now: time) }
            guard highest[key] != nil || xmax > 0 else { continue }
            cursors[key]?.record(
                highestRank: highest[key],
                reachedLimit: reachedLimit,
                snapshotXmin: xmin,
                snapshotXmax: xmax,
                now: time
            )
        }
    }
}

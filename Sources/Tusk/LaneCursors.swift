import TuskStore

/// The lanes of a worker in the order in which it claims from them, each with its cursor. Pure.
///
/// The most urgent band of all queues comes first; within a band the queues take turns at being first, so that a full
/// queue cannot starve its neighbours.
struct LaneCursors: Sendable {
    typealias Instant = ContinuousClock.Instant

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
    mutating func next(at now: Instant) -> [Lane] {
        let order = queues[turn...] + queues[..<turn]
        turn = (turn + 1) % queues.count
        let time = start.duration(to: now)
        return Priority.all.flatMap { priority in
            order.map { queue in
                let cursor = cursors[Key(queue: queue, priority: priority)]?.cursor(now: time) ?? 0
                return Lane(queue: queue, priority: priority, cursor: cursor)
            }
        }
    }

    /// Takes note of what a claim of these lanes gave. `reachedLimit`: it may have left rows that it saw, and lanes
    /// that it did not look at.
    mutating func claimed(_ answer: ClaimAnswer, _ lanes: [Lane], reachedLimit: Bool, at now: Instant) {
        var highest: [Key: Int64] = [:]
        for job in answer.jobs {
            let key = Key(queue: job.queue, priority: job.priority)
            highest[key] = max(highest[key] ?? 0, job.rank)
        }
        claimed(
            highest,
            lanes,
            reachedLimit: reachedLimit,
            xmin: answer.snapshotXmin,
            xmax: answer.snapshotXmax,
            at: now
        )
    }

    /// The same from the highest rank of each lane that gave something.
    mutating func claimed(
        _ highest: [Key: Int64],
        _ lanes: [Lane],
        reachedLimit: Bool,
        xmin: Int64,
        xmax: Int64,
        at now: Instant
    ) {
        let time = start.duration(to: now)
        // A claim goes through its lanes in order and ends at its limit: of those behind it knows nothing.
        let last = lanes.lastIndex { highest[Key($0)] != nil }
        for lane in reachedLimit ? lanes[..<(last.map { $0 + 1 } ?? 0)] : lanes[...] {
            let key = Key(lane)
            if lane.cursor == 0 { cursors[key]?.noteFullScan(now: time) }
            guard xmax > 0 else { continue }
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

extension LaneCursors.Key {
    init(_ lane: Lane) {
        self.init(queue: lane.queue, priority: lane.priority)
    }
}

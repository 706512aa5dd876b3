import TuskStore

/// The lanes of a worker in the order in which it claims from them, each with its cursor. Pure.
///
/// The most urgent band of all queues comes first; within a band the queues take turns at being first, so that a full
/// queue cannot starve its neighbours. A worker with few lanes names all of them in each claim; one with many finds out
/// first which of them hold jobs, and names those.
struct LaneCursors: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Names a lane.
    struct Key: Hashable, Sendable {
        let queue: QueueName
        let priority: Priority
    }

    /// The most lanes that one claim names, those of 16 queues: each costs it a look, also when it is empty.
    static let namedMax = 160
    /// How often a worker with many lanes looks for those that hold jobs, while it claims from others: an urgent job
    /// waits so much longer at most.
    static let lookInterval = Duration.milliseconds(50)
    /// The share of the time that looking may take, as its inverse.
    private static let lookShare = 20

    private let queues: [QueueName]
    private let namesAll: Bool
    private let start: Instant
    private var turn = 0
    private var cursors: [Key: ClaimCursor] = [:]
    /// Those of jobs that limits may hold back, which are claimed apart.
    private var gatedCursors: [Key: ClaimCursor] = [:]
    /// The lanes that held jobs at the last look and have not been emptied since, in the order of claims.
    private var held: [Key] = []
    private var lookAt: Instant

    /// All lanes of these queues, each from its start.
    init(queues: [QueueName], at now: Instant) {
        self.queues = queues
        namesAll = queues.count * Priority.all.count <= Self.namedMax
        start = now
        lookAt = now
    }

    /// Whether it is time to look which lanes hold jobs; `found` tells it.
    func wantsLook(at now: Instant) -> Bool { !namesAll && (held.isEmpty || lookAt <= now) }

    /// Whether lanes are known to hold jobs that no claim has looked at yet.
    var holdsMore: Bool { !held.isEmpty }

    /// Forgets lanes that a claim has emptied. The one at which it reached its limit may hold more, after all others of
    /// its band had their turn.
    private mutating func passBy(_ looked: [Key], reachedLimit: Bool) {
        held.removeFirst(looked.count)
        guard reachedLimit, let last = looked.last else { return }
        held.insert(last, at: held.firstIndex { $0.priority > last.priority } ?? held.count)
    }

    /// Takes note of the lanes that hold jobs, the most urgent first, and of how long it took to find them.
    mutating func found(_ lanes: [Lane], in time: Duration, at now: Instant) {
        // Those that were in line already keep their place in it.
        let present = Set(lanes.map(Key.init))
        let kept = held.filter(present.contains)
        let added = lanes.map(Key.init).filter { [kept = Set(kept)] in !kept.contains($0) }
        held = Priority.all.flatMap { band in (kept + added).filter { $0.priority == band } }
        lookAt = now.advanced(by: max(Self.lookInterval, time * Self.lookShare))
    }

    /// The lanes for the next claim; `claimed` tells what it gave. None: nothing waits.
    mutating func next(at now: Instant) -> [Lane] {
        let time = start.duration(to: now)
        guard namesAll else { return held.prefix(Self.namedMax).map { lane($0, at: time) } }
        let order = queues[turn...] + queues[..<turn]
        turn = (turn + 1) % queues.count
        return Priority.all.flatMap { priority in
            order.map { lane(Key(queue: $0, priority: priority), at: time) }
        }
    }

    private func lane(_ key: Key, at time: Duration) -> Lane {
        Lane(queue: key.queue, priority: key.priority, cursor: cursors[key]?.cursor(now: time) ?? 0)
    }

    /// Takes note of what a claim of these lanes gave. `reachedLimit`: it may have left rows that it saw, and lanes
    /// that it did not look at.
    mutating func claimed(_ answer: ClaimAnswer, _ lanes: [Lane], reachedLimit: Bool, at now: Instant) {
        claimed(
            Self.highestRanks(answer.jobs),
            lanes,
            reachedLimit: reachedLimit,
            xmin: answer.snapshotXmin,
            xmax: answer.snapshotXmax,
            at: now
        )
    }

    /// These lanes with the cursors of jobs that limits may hold back; `claimedGated` tells what a claim gave.
    func gated(_ lanes: [Lane], at now: Instant) -> [Lane] {
        let time = start.duration(to: now)
        return lanes.map { lane in
            let cursor = gatedCursors[Key(lane)]?.cursor(now: time) ?? 0
            return Lane(queue: lane.queue, priority: lane.priority, cursor: cursor)
        }
    }

    /// Takes note of what a claim of jobs that limits may hold back gave, one that has a snapshot.
    mutating func claimedGated(_ answer: GatedClaimAnswer, _ lanes: [Lane], reachedLimit: Bool, at now: Instant) {
        claimedGated(
            Self.highestRanks(answer.jobs),
            lanes,
            reachedLimit: reachedLimit,
            xmin: answer.snapshotXmin,
            xmax: answer.snapshotXmax,
            at: now
        )
    }

    /// The same from the highest rank of each lane that gave something.
    mutating func claimedGated(
        _ highest: [Key: Int64],
        _ lanes: [Lane],
        reachedLimit: Bool,
        xmin: Int64,
        xmax: Int64,
        at now: Instant
    ) {
        let looked = Self.looked(lanes, highest, reachedLimit: reachedLimit)
        note(highest, looked, in: \.gatedCursors, reachedLimit: reachedLimit, xmin: xmin, xmax: xmax, at: now)
    }

    private static func highestRanks(_ jobs: [ClaimedJob]) -> [Key: Int64] {
        var highest: [Key: Int64] = [:]
        for job in jobs {
            let key = Key(queue: job.queue, priority: job.priority)
            highest[key] = max(highest[key] ?? 0, job.rank)
        }
        return highest
    }

    /// The lanes that a claim looked at: it goes through them in order and ends at its limit.
    private static func looked(_ lanes: [Lane], _ highest: [Key: Int64], reachedLimit: Bool) -> ArraySlice<Lane> {
        guard reachedLimit else { return lanes[...] }
        return lanes[..<(lanes.lastIndex { highest[Key($0)] != nil }.map { $0 + 1 } ?? 0)]
    }

    /// The same from the highest rank of each lane that gave something; 0: only jobs with deadlines.
    mutating func claimed(
        _ highest: [Key: Int64],
        _ lanes: [Lane],
        reachedLimit: Bool,
        xmin: Int64,
        xmax: Int64,
        at now: Instant
    ) {
        let looked = Self.looked(lanes, highest, reachedLimit: reachedLimit)
        if !namesAll { passBy(looked.map(Key.init), reachedLimit: reachedLimit) }
        note(highest, looked, in: \.cursors, reachedLimit: reachedLimit, xmin: xmin, xmax: xmax, at: now)
    }

    private mutating func note(
        _ highest: [Key: Int64],
        _ looked: ArraySlice<Lane>,
        in cursors: WritableKeyPath<Self, [Key: ClaimCursor]>,
        reachedLimit: Bool,
        xmin: Int64,
        xmax: Int64,
        at now: Instant
    ) {
        let time = start.duration(to: now)
        for (index, lane) in looked.enumerated() {
            let key = Key(lane)
            // Its other jobs come after those with deadlines, and were not looked at.
            if reachedLimit, index == looked.count - 1, highest[key] == 0 { continue }
            if lane.cursor == 0 { self[keyPath: cursors][key, default: ClaimCursor()].noteFullScan(now: time) }
            guard xmax > 0 else { continue }
            self[keyPath: cursors][key, default: ClaimCursor()].record(
                highestRank: highest[key].flatMap { $0 > 0 ? $0 : nil },
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

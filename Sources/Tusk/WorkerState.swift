/// What this process is to the database, and what the heartbeat does next. Pure: no clock, no session.
///
/// ```
///                 registered                 claim of unknown outcome
///   unregistered -----------> current ----------------------------------> retiring
///        ^                       |                                           |  |
///        |    rescued, or no beat for 2/3 of the lease time                  |  | no jobs in hand
///        +---------------------- + <-----------------------------------------+  v
///                              fenced                                         removed
/// ```
///
/// A claim whose answer was lost may have left leases that nobody here knows. The registration is kept alive until the
/// jobs it knows are settled, and then removed, so that the rescue finds the rest; claims go on under a new one.
struct WorkerState: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How far the process is on its way to its end.
    enum Mode: Sendable {
        /// Claims and runs.
        case working
        /// Claims nothing more.
        case draining
        /// Runs nothing more; what is left is to be written back and removed.
        case closing
    }

    /// What the heartbeat does next.
    enum Step: Equatable, Sendable {
        case register
        case beat(WorkerID)
        case fence(WorkerID)
        case announceDrain(WorkerID)
        case remove(WorkerID)
        case wait(Duration)
        /// Nothing is registered, and nothing is to be.
        case done
    }

    /// A registration, and when the last beat that succeeded was sent.
    struct Standing: Equatable, Sendable {
        var beatenAt: Instant
        var isRetiring = false
        var hasAnnouncedDrain = false
    }

    /// The most registrations that wait for their jobs; the oldest is fenced for a further one. Far above what a
    /// network that loses an answer every second makes of jobs that take seconds.
    static let retiringMax = 8
    /// The longest wait for something that should ring.
    static let waitMax = Duration.seconds(60)

    let leaseTime: Duration
    private(set) var current: WorkerID?
    private(set) var standings: [WorkerID: Standing] = [:]

    /// Not registered.
    init(leaseTime: Duration) {
        self.leaseTime = leaseTime
    }

    /// Renew after so long.
    var beatInterval: Duration { leaseTime / 3 }
    /// Fence after so long without a beat.
    var fenceAfter: Duration { leaseTime * 2 / 3 }

    /// What to do at this moment. `jobsInHand` says how many jobs a registration has that are not settled.
    func step(_ mode: Mode, at now: Instant, jobsInHand: (WorkerID) -> Int) -> Step {
        if let stale = standings.first(where: { $0.value.beatenAt.advanced(by: fenceAfter) <= now }) {
            return .fence(stale.key)
        }
        if mode == .working, current == nil { return .register }
        if mode != .working, let silent = standings.first(where: { !$0.value.hasAnnouncedDrain }) {
            return .announceDrain(silent.key)
        }
        let removable = standings.first { id, standing in
            (mode == .closing || standing.isRetiring) && jobsInHand(id) == 0
        }
        if let removable { return .remove(removable.key) }
        guard let next = standings.min(by: { $0.value.beatenAt < $1.value.beatenAt }) else {
            return mode == .closing ? .done : .wait(Self.waitMax)
        }
        let due = next.value.beatenAt.advanced(by: beatInterval)
        return due <= now ? .beat(next.key) : .wait(now.duration(to: due))
    }

    /// A registration was written by a call that was sent then.
    mutating func registered(_ id: WorkerID, sentAt: Instant) {
        current = id
        standings[id] = Standing(beatenAt: sentAt)
    }

    /// A beat succeeded that was sent then.
    mutating func beaten(_ id: WorkerID, sentAt: Instant) {
        standings[id]?.beatenAt = sentAt
    }

    /// The database knows that the worker drains.
    mutating func announcedDrain(_ id: WorkerID) {
        standings[id]?.hasAnnouncedDrain = true
    }

    /// A registration was fenced or removed.
    mutating func forget(_ id: WorkerID) {
        standings[id] = nil
        if current == id { current = nil }
    }

    /// Claims go on under another registration. Answers one that is to be fenced, because there are too many.
    mutating func retire(_ id: WorkerID) -> WorkerID? {
        guard standings[id] != nil else { return nil }
        standings[id]?.isRetiring = true
        if current == id { current = nil }
        let retiring = standings.filter(\.value.isRetiring)
        guard retiring.count > Self.retiringMax else { return nil }
        return retiring.min { $0.value.beatenAt < $1.value.beatenAt }?.key
    }
}

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
/// A claim whose answer was lost may have left leases that nobody here knows. They are put back at once, and once more
/// some seconds later, since the claim may still have been under way. The registration is kept alive until the jobs it
/// knows are settled, and then removed, so that the rescue finds the rest; claims go on under a new one.
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
        /// Put back the jobs of leases that nobody here knows.
        case returnLeases(WorkerID)
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
        /// When to put back the jobs of unknown leases, the next time first.
        var returnsAt: [Instant] = []
    }

    /// The most registrations that wait for their jobs; the oldest is fenced for a further one. Far above what a
    /// network that loses an answer every second makes of jobs that take seconds.
    static let retiringMax = 8
    /// The time from the first to the second look for unknown leases: 5 s. A claim whose connection broke ends within
    /// two, because the server looks after its client that often.
    static let returnAgainAfter = Duration.seconds(5)
    /// The time to the next try when unknown leases could not be put back: 1 s.
    static let returnRetryTime = Duration.seconds(1)
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
        let next = standings.min { $0.value.beatenAt < $1.value.beatenAt }
        let beatAt = next?.value.beatenAt.advanced(by: beatInterval)
        let returning = nextReturn
        // A beat that is due comes first: leases that cannot be put back must not keep the worker from living.
        if let returning, returning.at <= now, beatAt.map({ now < $0 }) ?? true { return .returnLeases(returning.id) }
        let removable = standings.first { id, standing in
            (mode == .closing || standing.isRetiring) && jobsInHand(id) == 0
        }
        if let removable { return .remove(removable.key) }
        guard let next, let beatAt else { return mode == .closing ? .done : .wait(Self.waitMax) }
        if beatAt <= now { return .beat(next.key) }
        return .wait(now.duration(to: min(beatAt, returning?.at ?? beatAt)))
    }

    private var nextReturn: (id: WorkerID, at: Instant)? {
        standings.compactMap { id, standing in standing.returnsAt.first.map { (id, $0) } }.min { $0.1 < $1.1 }
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

    /// The jobs of unknown leases are about to be put back; unless that succeeds, the next try is a little later.
    mutating func returningLeases(_ id: WorkerID, at now: Instant) {
        guard standings[id]?.returnsAt.isEmpty == false else { return }
        standings[id]?.returnsAt[0] = now.advanced(by: Self.returnRetryTime)
    }

    /// The jobs of unknown leases were put back.
    mutating func returnedLeases(_ id: WorkerID) {
        guard standings[id]?.returnsAt.isEmpty == false else { return }
        standings[id]?.returnsAt.removeFirst()
    }

    /// A registration was fenced or removed.
    mutating func forget(_ id: WorkerID) {
        standings[id] = nil
        if current == id { current = nil }
    }

    /// Claims go on under another registration. Answers one that is to be fenced, because there are too many.
    mutating func retire(_ id: WorkerID, at now: Instant) -> WorkerID? {
        guard standings[id] != nil else { return nil }
        standings[id]?.isRetiring = true
        standings[id]?.returnsAt = [now, now.advanced(by: Self.returnAgainAfter)]
        if current == id { current = nil }
        let retiring = standings.filter(\.value.isRetiring)
        guard retiring.count > Self.retiringMax else { return nil }
        return retiring.min { $0.value.beatenAt < $1.value.beatenAt }?.key
    }
}

/// Who may have a session now. Pure: no clock, no I/O, no threads; `ConnectionPool` asks and acts.
///
/// ```
///            borrow: open            opened               give back: fit
///   (room) --------------> opening ----------> lent ------------------------> idle
///     ^                       |                ^  |                           |  |
///     |<-- failed: back off --+                |  |                           |  |
///     |<-- give back: unfit, former epoch, closed +                           |  |
///     |                                        +-- borrow: use ---------------+  |
///     |<-- condemn, close ------------------------------------------------------+
/// ```
///
/// Somebody waits only while there is neither room nor an idle session; what becomes free is given to the first who
/// waits and never becomes room or idle in between, so nobody overtakes.
struct ConnectionPoolState<Session: Sendable, Waiter: AnyObject & Sendable>: Sendable {
    /// A session nobody uses.
    struct Idle: Sendable {
        var session: Session
        /// When it last proved itself.
        var provenAt: ContinuousClock.Instant
        /// Which generation of sessions it is of; condemning the server begins a new one.
        var epoch: Int
    }

    /// What a borrower gets.
    enum Decision: Sendable {
        /// This session; first ask it for a sign of life when `mustProve`.
        case use(Idle, mustProve: Bool)
        /// Room for a session of this epoch: open one and report.
        case open(epoch: Int)
        /// Nothing.
        case refuse(PostgresError)
    }

    /// A decision for somebody who waits.
    typealias Call = (waiter: Waiter, decision: Decision)

    private let sizeMax: Int
    private let idleMax: Duration
    private(set) var idle: [Idle] = []
    private(set) var waiters: [Waiter] = []
    private(set) var lentCount = 0
    private(set) var openingCount = 0
    private(set) var epoch = 0
    private(set) var isClosed = false
    /// Sessions proven before this instant must prove themselves again.
    private var suspectedAt: ContinuousClock.Instant?
    private var backoff = Backoff()

    /// A session that lay idle for longer than `idleMax` must prove itself.
    init(sizeMax: Int, idleMax: Duration) {
        precondition(sizeMax > 0, "a pool needs room for a session")
        self.sizeMax = sizeMax
        self.idleMax = idleMax
    }

    /// Decides for a borrower; nil means that it waits in the queue. The youngest idle session is used first.
    mutating func borrow(now: ContinuousClock.Instant, waiter: Waiter) -> Decision? {
        guard !isClosed else { return .refuse(.closed) }
        if let free = idle.popLast() {
            lentCount += 1
            return use(free, now: now)
        }
        if let error = backoff.refusal(now: now, isTrying: openingCount > 0) { return .refuse(error) }
        guard lentCount + openingCount < sizeMax else {
            waiters.append(waiter)
            return nil
        }
        openingCount += 1
        return .open(epoch: epoch)
    }

    private func use(_ free: Idle, now: ContinuousClock.Instant) -> Decision {
        let isSuspect = suspectedAt.map { free.provenAt <= $0 } ?? false
        return .use(free, mustProve: isSuspect || free.provenAt.duration(to: now) > idleMax)
    }

    /// A session was opened: it is lent to who opened it.
    mutating func opened() {
        openingCount -= 1
        lentCount += 1
        backoff = Backoff()
    }

    /// Opening failed; everybody who waits gets the error too. `random` is from 0 to 1.
    mutating func openFailed(_ error: PostgresError, now: ContinuousClock.Instant, random: Double) -> [Call] {
        openingCount -= 1
        backoff.fail(error, now: now, random: random)
        return refuseAll(error)
    }

    /// The borrower's own time was over before it could open.
    mutating func openGivenUp() -> Call? {
        openingCount -= 1
        return passRoom()
    }

    /// A lent session that is fit comes back. Returns who gets it, if anybody waits, and the session itself when it
    /// must be closed because its epoch is over.
    mutating func giveBack(
        _ session: Session,
        epoch: Int,
        now: ContinuousClock.Instant
    ) -> (call: Call?, unwanted: Session?) {
        guard !isClosed, epoch == self.epoch else { return (discard(), session) }
        let free = Idle(session: session, provenAt: now, epoch: epoch)
        guard waiters.isEmpty else { return ((waiters.removeFirst(), use(free, now: now)), nil) }
        lentCount -= 1
        idle.append(free)
        return (nil, nil)
    }

    /// A lent session is gone. Returns who gets its room, if anybody waits.
    mutating func discard() -> Call? {
        lentCount -= 1
        return passRoom()
    }

    private mutating func passRoom() -> Call? {
        guard !isClosed, !waiters.isEmpty else { return nil }
        openingCount += 1
        return (waiters.removeFirst(), .open(epoch: epoch))
    }

    /// The server is going or is the wrong one: no session of this epoch is lent again. Returns the idle ones to close.
    mutating func condemn(epoch: Int) -> [Session] {
        guard epoch == self.epoch else { return [] }
        self.epoch += 1
        defer { idle = [] }
        return idle.map(\.session)
    }

    /// A session got no answer in time: the others must prove themselves before they are lent.
    mutating func suspect(now: ContinuousClock.Instant) {
        suspectedAt = now
    }

    /// A waiter's time is over. Returns false when it was given something just before.
    mutating func forget(_ waiter: Waiter) -> Bool {
        guard let index = waiters.firstIndex(where: { $0 === waiter }) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// No more sessions. Returns the idle ones to close and everybody who waits.
    mutating func close() -> (sessions: [Session], calls: [Call]) {
        isClosed = true
        defer { idle = [] }
        return (idle.map(\.session), refuseAll(.closed))
    }

    private mutating func refuseAll(_ error: PostgresError) -> [Call] {
        defer { waiters = [] }
        return waiters.map { ($0, .refuse(error)) }
    }
}

/// How long nobody tries to connect after a failure: any time up to a limit that doubles with each failure ("full
/// jitter"), so that many processes do not come back in step.
struct Backoff: Sendable {
    static let limitMin = Duration.milliseconds(100)
    static let limitMax = Duration.seconds(5)

    private var failures = 0
    private var last: (error: PostgresError, until: ContinuousClock.Instant)?

    /// The last error, while it is too early to try again, or while another borrower tries for all.
    func refusal(now: ContinuousClock.Instant, isTrying: Bool) -> PostgresError? {
        guard let last, now < last.until || isTrying else { return nil }
        return last.error
    }

    /// Notes a failure; `random` is from 0 to 1.
    mutating func fail(_ error: PostgresError, now: ContinuousClock.Instant, random: Double) {
        failures += 1
        let doublings = min(failures - 1, 16)
        let limit = min(Self.limitMax, Self.limitMin * (1 << doublings))
        last = (error, now.advanced(by: limit * random))
    }
}

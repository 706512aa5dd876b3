/// Something to be written back, and in whose name.
protocol Settleable: Sendable {
    var worker: WorkerID { get }
    /// The lease whose row has to be locked for it.
    var lease: LeaseNumber { get }
    /// How much there is to send, about.
    var bytes: Int { get }
}

/// What the settler does next. Pure: no clock, no session.
///
/// What gathers while a batch is under way is the next batch, so a lone entry goes at once and a flood goes in large
/// batches, without any timer. A batch whose answer was lost is sent again as it was: the database answers that it has
/// accepted it before. A batch that is refused for good is halved until the entry that is to blame is alone.
///
/// A batch that waited in vain for the row of a lease, because a handler's open transaction holds it, is set aside
/// until it is known whose rows are held. Entries of the others go on; those that are held are looked at again later.
///
/// ```
///   waiting --> unanswered --answered--> gone
///      ^           |    ^
///      |         locked  +--postponed, refused
///      |           v
///      +--free-- aside --held--> aside, for a pause
/// ```
struct SettlerState<Entry: Settleable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to do at a moment.
    enum Step: Sendable {
        /// Send these; they are all of one worker.
        case send([Entry])
        /// Find out which leases of these are held by somebody's open transaction.
        case findHeld([Entry])
        /// Look again after so long.
        case wait(Duration)
        /// Look again when something is added.
        case idle
    }

    /// How long entries rest whose lease is held: 250 ms.
    static var heldPause: Duration { .milliseconds(250) }

    private let batchMax: Int
    private let batchBytesMax: Int
    private var waiting: [Entry] = []
    private var head = 0
    /// Batches that were sent and not answered yet, the next one last.
    private var unanswered: [[Entry]] = []
    /// Entries whose leases are held, or may be.
    private var aside: [Entry] = []
    /// When to look at them.
    private var asideUntil: Instant?
    private var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
    private var retryAt: Instant?

    /// Nothing to settle. A batch has at least one entry, whatever its size.
    init(batchMax: Int, batchBytesMax: Int = .max) {
        self.batchMax = batchMax
        self.batchBytesMax = batchBytesMax
    }

    /// Entries that were not accepted yet.
    var count: Int { waiting.count - head + unanswered.reduce(aside.count) { $0 + $1.count } }

    /// Adds entries.
    mutating func add(_ entries: some Collection<Entry>) {
        waiting += entries
    }

    /// What to do at this moment. After `send` comes `answered`, `postponed`, `refused` or `locked`; after `findHeld`
    /// comes `found` or `postponed`.
    mutating func next(at now: Instant) -> Step {
        if let retryAt, retryAt > now { return .wait(now.duration(to: retryAt)) }
        if let batch = unanswered.last { return .send(batch) }
        if let asideUntil, asideUntil <= now { return .findHeld(aside) }
        guard head < waiting.count else { return asideUntil.map { .wait(now.duration(to: $0)) } ?? .idle }
        let batch = takeBatch()
        unanswered.append(batch)
        return .send(batch)
    }

    private mutating func takeBatch() -> [Entry] {
        let worker = waiting[head].worker
        var bytes = waiting[head].bytes
        var end = head + 1
        while end < waiting.count, end - head < batchMax, waiting[end].worker == worker {
            bytes += waiting[end].bytes
            guard bytes <= batchBytesMax else { break }
            end += 1
        }
        let batch = Array(waiting[head..<end])
        head = end
        if head == waiting.count || head > batchMax {
            waiting.removeSubrange(..<head)
            head = 0
        }
        return batch
    }

    /// The batch was answered.
    mutating func answered() {
        unanswered.removeLast()
        backoff.reset()
        retryAt = nil
    }

    /// The database was out of reach, or refused for the moment: the same again, later.
    mutating func postponed(at now: Instant, random: Double) {
        retryAt = now.advanced(by: backoff.next(random: random))
    }

    /// The batch was refused for good. Answers the entry that is to blame, when it is alone; it is not sent again.
    mutating func refused() -> Entry? {
        let batch = unanswered.removeLast()
        guard batch.count > 1 else { return batch.first }
        unanswered.append(Array(batch[(batch.count / 2)...]))
        unanswered.append(Array(batch[..<(batch.count / 2)]))
        return nil
    }

    /// The batch waited in vain for the row of a lease.
    mutating func locked(at now: Instant) {
        aside += unanswered.removeLast()
        asideUntil = now
    }

    /// Of the entries that are set aside, those under these leases are held; the others go on.
    mutating func found(held: Set<LeaseNumber>, at now: Instant) {
        waiting += aside.filter { !held.contains($0.lease) }
        aside.removeAll { !held.contains($0.lease) }
        asideUntil = aside.isEmpty ? nil : now.advanced(by: Self.heldPause)
        backoff.reset()
        retryAt = nil
    }
}

/// Something to be written back, and in whose name.
protocol Settleable: Sendable {
    var worker: WorkerID { get }
}

/// What the settler does next. Pure: no clock, no session.
///
/// What gathers while a batch is under way is the next batch, so a lone entry goes at once and a flood goes in large
/// batches, without any timer. A batch whose answer was lost is sent again as it was: the database answers that it has
/// accepted it before. A batch that is refused for good is halved until the entry that is to blame is alone.
struct SettlerState<Entry: Settleable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to do at a moment.
    enum Step: Sendable {
        /// Send these; they are all of one worker.
        case send([Entry])
        /// Look again after so long.
        case wait(Duration)
        /// Look again when something is added.
        case idle
    }

    private let batchMax: Int
    private var waiting: [Entry] = []
    private var head = 0
    /// Batches that were sent and not answered yet, the next one last.
    private var unanswered: [[Entry]] = []
    private var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))
    private var retryAt: Instant?

    /// Nothing to settle.
    init(batchMax: Int) {
        self.batchMax = batchMax
    }

    /// Entries that were not accepted yet.
    var count: Int { waiting.count - head + unanswered.reduce(0) { $0 + $1.count } }

    /// Adds entries.
    mutating func add(_ entries: some Collection<Entry>) {
        waiting += entries
    }

    /// What to do at this moment. After `send` comes `answered` or `failed`.
    mutating func next(at now: Instant) -> Step {
        if let retryAt, retryAt > now { return .wait(now.duration(to: retryAt)) }
        if let batch = unanswered.last { return .send(batch) }
        guard head < waiting.count else { return .idle }
        let worker = waiting[head].worker
        var end = head + 1
        while end < waiting.count, end - head < batchMax, waiting[end].worker == worker { end += 1 }
        let batch = Array(waiting[head..<end])
        head = end
        if head == waiting.count || head > batchMax {
            waiting.removeSubrange(..<head)
            head = 0
        }
        unanswered.append(batch)
        return .send(batch)
    }

    /// The batch was answered.
    mutating func answered() {
        unanswered.removeLast()
        backoff.reset()
        retryAt = nil
    }

    /// The database was out of reach, or refused for the moment: the same batch again, later.
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
}

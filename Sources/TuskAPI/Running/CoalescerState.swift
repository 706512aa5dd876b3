/// Decides which waiting requests go into the next statement; pure.
///
/// Nothing waits for company: whatever is there when the statement before is over makes the next batch, so a lone
/// request goes at once and a flood makes large batches. Requests with an idempotency key go apart from those without,
/// because they need a transaction with locks, and the two take turns.
struct CoalescerState<Item> {
    struct Limits: Sendable {
        var batchItemsMax = 1000
        var batchBytesMax = 4 << 20
        var waitingItemsMax = 10_000
        var waitingBytesMax = 64 << 20
    }

    enum Kind: Sendable, Hashable { case plain, keyed }

    enum Admission: Equatable {
        /// It waits; the worker must be woken when `mustWake`.
        case admitted(mustWake: Bool)
        case full
        case stopped
    }

    struct Batch {
        let kind: Kind
        let items: [Item]
    }

    private struct Waiting {
        let item: Item
        let bytes: Int
    }

    private let limits: Limits
    private var plain = FIFO<Waiting>()
    private var keyed = FIFO<Waiting>()
    private var last = Kind.keyed
    private var isIdle = true
    private(set) var isStopped = false
    private(set) var waitingBytes = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var waitingCount: Int { plain.count + keyed.count }

    /// Takes a request in, if there is room.
    mutating func add(_ item: Item, bytes: Int, _ kind: Kind) -> Admission {
        guard !isStopped else { return .stopped }
        let hasRoom = waitingCount < limits.waitingItemsMax && waitingBytes + bytes <= limits.waitingBytesMax
        guard hasRoom else { return .full }
        waitingBytes += bytes
        let waiting = Waiting(item: item, bytes: bytes)
        switch kind {
        case .plain: plain.append(waiting)
        case .keyed: keyed.append(waiting)
        }
        defer { isIdle = false }
        return .admitted(mustWake: isIdle)
    }

    /// The next batch; nil when nothing waits, and the next request that comes wakes the worker.
    mutating func next() -> Batch? {
        let kind: Kind
        switch (plain.isEmpty, keyed.isEmpty) {
        case (true, true):
            isIdle = true
            return nil
        case (false, true): kind = .plain
        case (true, false): kind = .keyed
        case (false, false): kind = last == .plain ? .keyed : .plain
        }
        last = kind
        return Batch(kind: kind, items: take(kind == .plain ? \.plain : \.keyed))
    }

    /// Takes everything that waits, because none of it can be done now.
    mutating func giveUp() -> [Item] {
        waitingBytes = 0
        return (plain.popAll() + keyed.popAll()).map(\.item)
    }

    /// Lets nothing in any more. True when the worker must be woken to see it.
    mutating func stop() -> Bool {
        isStopped = true
        defer { isIdle = false }
        return isIdle
    }

    /// The first of a line that fit; the very first fits always.
    private mutating func take(_ line: WritableKeyPath<Self, FIFO<Waiting>>) -> [Item] {
        var items: [Item] = []
        var bytes = 0
        while let first = self[keyPath: line].first, items.count < limits.batchItemsMax {
            guard items.isEmpty || bytes + first.bytes <= limits.batchBytesMax else { break }
            bytes += first.bytes
            items.append(first.item)
            _ = self[keyPath: line].popFirst()
        }
        waitingBytes -= bytes
        return items
    }
}

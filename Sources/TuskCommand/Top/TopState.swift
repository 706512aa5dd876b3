import TuskStore

/// What somebody who looks at `tusk top` has chosen. Pure.
struct TopState: Sendable, Hashable {
    /// What queues are sorted by: the largest first, but for names.
    enum Order: String, Sendable, CaseIterable {
        case waiting, running, done, failed, oldest, name
    }

    /// The parts of the screen, of which one moves with the arrows.
    enum Part: Int, Sendable, CaseIterable {
        case queues, jobs, workers
    }

    /// A key that means something.
    enum Key: Sendable, Hashable {
        case quit, sort, up, down, left, right
    }

    private(set) var order = Order.waiting
    private(set) var part = Part.queues
    /// How many rows of each part are above the first that is shown.
    private(set) var offsets = [0, 0, 0]
    private(set) var isOver = false

    /// Does what a key means. `counts` are the rows of the parts.
    mutating func press(_ key: Key, counts: [Int]) {
        let parts = Part.allCases.count
        switch key {
        case .quit: isOver = true
        case .sort:
            let orders = Order.allCases
            let next = (orders.firstIndex(of: order) ?? 0) + 1
            order = orders[next % orders.count]
            offsets[Part.queues.rawValue] = 0
        case .up: offsets[part.rawValue] = max(0, offsets[part.rawValue] - 1)
        case .down: offsets[part.rawValue] = min(max(0, counts[part.rawValue] - 1), offsets[part.rawValue] + 1)
        case .left: part = Part(rawValue: (part.rawValue + parts - 1) % parts) ?? .queues
        case .right: part = Part(rawValue: (part.rawValue + 1) % parts) ?? .queues
        }
    }

    /// The keys in what a terminal sent. Arrows come as ESC [ A or ESC O A (ECMA-48, 8.3.22); the rest means nothing.
    static func keys(_ bytes: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "q"), UInt8(ascii: "Q"): keys.append(.quit)
            case UInt8(ascii: "p"), UInt8(ascii: "P"): keys.append(.sort)
            case 0x1B:
                guard let mark = rest.first, mark == UInt8(ascii: "[") || mark == UInt8(ascii: "O") else { continue }
                rest.removeFirst()
                // Parameters of keys that mean nothing are passed over with them.
                rest = rest.drop { $0 < 0x40 }
                if let arrow = rest.popFirst().flatMap(arrow) { keys.append(arrow) }
            default: break
            }
        }
        return keys
    }

    private static func arrow(_ byte: UInt8) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        default: nil
        }
    }

    /// Queues in the order chosen; of equal ones the first by name is first.
    func sorted(_ snapshot: TopSnapshot) -> [QueueRecord] {
        let keyed = snapshot.queues.map { queue in (queue: queue, key: key(queue, snapshot.rates[queue.name])) }
        return keyed.sorted { ($1.key, $0.queue.name) < ($0.key, $1.queue.name) }.map(\.queue)
    }

    private func key(_ queue: QueueRecord, _ rate: QueueRate?) -> Double {
        switch order {
        case .waiting: Double(queue.available)
        case .running: Double(queue.running)
        case .done: rate?.completed ?? 0
        case .failed: rate?.failed ?? 0
        case .oldest: (queue.oldestWait ?? .zero) / .seconds(1)
        case .name: 0
        }
    }
}

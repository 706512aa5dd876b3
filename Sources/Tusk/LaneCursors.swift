import TuskStore

/// The lanes of a worker in the order in which it claims from them, each with its cursor. Pure.
///
/// The most urgent band of all queues comes first; within a band the queues take turns at being first, so that a full
/// queue cannot starve its neighbours.
struct LaneCursors: Sendable {
    private let queues: [QueueName]
    private var turn = 0

    /// All lanes of these queues, each from its start.
    init(queues: [QueueName]) {
        self.queues = queues
    }

    /// The lanes for the next claim.
    mutating func next(at now: ContinuousClock.Instant) -> [Lane] {
        let order = queues[turn...] + queues[..<turn]
        turn = (turn + 1) % queues.count
        return Priority.all.flatMap { priority in
            order.map { Lane(queue: $0, priority: priority, cursor: 0) }
        }
    }
}

import Synchronization

/// The memory that the buffered bodies of all requests of a server may take together.
///
/// A body counts from its first byte until nobody has its request any more, whatever becomes of the connection: a
/// client that leaves while its request waits does not make room for the next one.
final class BodyBudget: Sendable {
    private let bytesMax: Int
    private let held = Atomic<Int>(0)

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes bytes, from the server's thread only; false, with nothing taken, when there is no room for them.
    fileprivate func take(_ count: Int) -> Bool {
        // Others only give back meanwhile, so the sum cannot come out too large.
        guard held.load(ordering: .relaxed) + count <= bytesMax else { return false }
        held.add(count, ordering: .relaxed)
        return true
    }

    fileprivate func give(back count: Int) { held.subtract(count, ordering: .relaxed) }
}

/// What one body has taken of the budget; given back when the last holder of its request lets go.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let count = Atomic<Int>(0)

    init(of budget: BodyBudget) { self.budget = budget }

    deinit { budget.give(back: count.load(ordering: .relaxed)) }

    /// Takes more, on the server's thread; false when there is no room.
    func grow(by count: Int) -> Bool {
        guard budget.take(count) else { return false }
        self.count.add(count, ordering: .relaxed)
        return true
    }
}

import Synchronization
import TuskStore

extension Settlement: Settleable {
    var worker: WorkerID { registration.id }
}

/// Ended jobs on their way to the database.
final class SettleQueue: Sendable {
    /// The most entries of one batch. Larger ones save nothing measurable and make others wait longer.
    static let batchMax = 1000

    private let state = Mutex(SettlerState<Settlement>(batchMax: batchMax))
    private let settler: Bell

    /// `settler` is rung for new entries.
    init(settler: Bell) {
        self.settler = settler
    }

    /// Adds one.
    func add(_ settlement: Settlement) {
        state.withLock { $0.add(CollectionOfOne(settlement)) }
        settler.ring()
    }

    /// Adds several.
    func add(_ settlements: [Settlement]) {
        guard !settlements.isEmpty else { return }
        state.withLock { $0.add(settlements) }
        settler.ring()
    }

    /// Entries that were not accepted yet.
    var count: Int { state.withLock { $0.count } }

    /// Asks or tells the state machine.
    func withState<Answer>(_ body: (inout SettlerState<Settlement>) -> Answer) -> Answer
    where Answer: Sendable {
        state.withLock { state in body(&state) }
    }
}

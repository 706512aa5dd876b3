import Synchronization
import TuskStore

extension Settlement: Settleable {
    var worker: WorkerID { registration.id }
    var lease: LeaseNumber { job.lease }
    var bytes: Int { (result?.bytes.count ?? 0) + min(error?.utf8.count ?? 0, SettleEntry.errorBytesMax) }
}

/// Ended jobs on their way to the database.
final class SettleQueue: Sendable {
    /// The most entries of one batch. Larger ones save nothing measurable and make others wait longer.
    static let batchMax = 1000
    /// The most bytes of results and errors of one batch: 16 MiB.
    static let batchBytesMax = 16 << 20

    private let state = Mutex(SettlerState<Settlement>(batchMax: batchMax, batchBytesMax: batchBytesMax))
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

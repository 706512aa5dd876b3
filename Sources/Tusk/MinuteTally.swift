import Synchronization
import TuskStore

/// What a worker counted for the charts since it wrote that down last, by queue.
final class MinuteTally: Sendable {
    private let tallies = Mutex([QueueName: QueueTally]())

    /// Adds what was counted of a queue.
    func add(_ tally: QueueTally, to queue: QueueName) {
        tallies.withLock { $0[queue, default: QueueTally()].add(tally) }
    }

    /// Writes it down with `work`; what could not be written is kept for the next time.
    func flush(_ work: ([QueueName: QueueTally]) throws(StoreError) -> Void) throws(StoreError) {
        let taken = tallies.withLock { tallies in
            defer { tallies = [:] }
            return tallies
        }
        guard !taken.isEmpty else { return }
        do throws(StoreError) {
            try work(taken)
        } catch {
            // After an unknown outcome it may be counted twice, in a chart.
            for (queue, tally) in taken { add(tally, to: queue) }
            throw error
        }
    }
}

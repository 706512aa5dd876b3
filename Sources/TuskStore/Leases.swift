package import TuskCore
import TuskPostgres

extension StoreSession {
    private static let findHeldLeases = SQLCatalog.statement("find_held_leases", isKept: true)
    private static let returnLeases = SQLCatalog.statement("return_leases")

    /// Which of these leases are locked by somebody's open transaction. Waits for none of them.
    package func heldLeases(_ leases: [LeaseNumber]) throws(StoreError) -> Set<LeaseNumber> {
        let rows = try run(Self.findHeldLeases) {
            $0.int2(shard)
            $0.int8Array(leases.map(\.rawValue))
        }
        return Set((0..<rows.rowCount).compactMap { LeaseNumber(rawValue: rows.int8($0, 0)) })
    }

    /// Puts back the jobs of all leases of a worker but those it knows, free of charge; answers their queues, to wake
    /// workers.
    package func returnLeases(
        of worker: WorkerID,
        except known: [LeaseNumber],
        within time: Duration? = nil
    ) throws(StoreError) -> [QueueName] {
        let rows = try run(Self.returnLeases, deadline: time.map(Deadline.after)) {
            $0.int2(shard)
            $0.uuid(worker)
            $0.int8Array(known.map(\.rawValue))
        }
        return (0..<rows.rowCount).compactMap { QueueName(rows.text($0, 0)) }
    }
}

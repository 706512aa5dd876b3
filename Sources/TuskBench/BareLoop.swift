import TuskCore
import TuskPostgres
import TuskStore

/// The reference `limit`: Tusk's own statements in the same batch sizes, sent one after the other without Tusk around
/// them. Nothing is decoded but what the next statement needs.
struct BareLoop {
    private static let claimJobs = SQLCatalog.statement("claim_jobs", isKept: true)
    private static let settleJobs = SQLCatalog.statement("settle_jobs", isKept: true)

    private let session: StoreSession
    private let worker = WorkerID.random()
    private var cursor: Int64 = 0

    /// A loop that claims from the standard queue.
    init(_ session: StoreSession) throws {
        self.session = session
        try session.register(
            WorkerRecord(
                id: worker,
                processID: 1,
                host: "bench",
                version: "bench",
                slots: 1,
                leaseTime: .seconds(3600),
                queues: [.standard],
                kinds: [BenchJob.kind]
            )
        )
    }

    /// Claims up to so many jobs and completes them; how many. `atClaim` is called in between.
    mutating func round(_ batch: Int, atClaim: () -> Void = {}) throws -> Int {
        let claimed = try session.run(Self.claimJobs) { parameters in
            parameters.int2(session.shard)
            parameters.uuid(worker)
            parameters.textArray(Priority.all.map { _ in QueueName.standard.text })
            parameters.int2Array(Priority.all.map(\.rawValue))
            parameters.int8Array(Priority.all.map { _ in cursor })
            parameters.textArray([BenchJob.kind.text])
            parameters.textArray([])
            parameters.int4(Int32(batch))
            parameters.int8(16 << 20)
        }
        let rows = 0..<claimed.rowCount
        guard let last = rows.last else { return 0 }
        cursor = claimed.int8(last, 2)
        atClaim()
        let leases = rows.map { claimed.int8($0, 0) }
        _ = try session.run(Self.settleJobs) { parameters in
            parameters.int2(session.shard)
            parameters.uuid(worker)
            parameters.int8Array(leases)
            parameters.int4Array(rows.map(Int32.init))
            parameters.int8Array(rows.map { claimed.int8($0, 1) })
            parameters.int2Array([Int16](repeating: 0, count: rows.count))
            parameters.int8Array(optional: [Int64?](repeating: 1000, count: rows.count))
            parameters.textArray([])
            parameters.textArray([])
            parameters.jsonArray([])
            parameters.int8Array(Set(leases).sorted())
        }
        return rows.count
    }
}

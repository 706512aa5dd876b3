package import TuskCore
import TuskPostgres

/// What a worker says of itself when it registers.
package struct WorkerRecord: Sendable {
    /// Drawn at this start.
    package var id: WorkerID
    /// Process id; a label.
    package var processID: Int32
    /// Name of the host; a label.
    package var host: String
    /// Version of the program.
    package var version: String
    /// How many jobs it runs at once.
    package var slots: Int
    /// Without a heartbeat for so long it is taken for dead.
    package var leaseTime: Duration
    package var queues: [QueueName]
    package var kinds: [Kind]

    /// A record of these parts.
    package init(
        id: WorkerID,
        processID: Int32,
        host: String,
        version: String,
        slots: Int,
        leaseTime: Duration,
        queues: [QueueName],
        kinds: [Kind]
    ) {
        self.id = id
        self.processID = processID
        self.host = host
        self.version = version
        self.slots = slots
        self.leaseTime = leaseTime
        self.queues = queues
        self.kinds = kinds
    }
}

/// A running job that was told to stop.
package struct CancelRequest: Sendable, Hashable {
    package let id: JobID
    package let lease: LeaseNumber
}

extension StoreSession {
    private static let registerWorker = SQLCatalog.statement("register_worker")
    private static let beatWorker = SQLCatalog.statement("beat_worker", isKept: true)
    private static let drainWorker = SQLCatalog.statement("drain_worker")
    private static let removeWorker = SQLCatalog.statement("remove_worker")
    private static let readCancels = SQLCatalog.statement("read_cancels", isReadOnly: true, isKept: true)

    /// Registers a worker; it may claim from then on. Throws `StoreError.restored` while no job may start.
    package func register(_ worker: WorkerRecord) throws(StoreError) {
        try checkNotRestored()
        _ = try run(Self.registerWorker) {
            $0.uuid(worker.id)
            $0.int4(worker.processID)
            $0.int4(Int32(worker.slots))
            $0.int4(Int32(worker.leaseTime.wholeMilliseconds))
            $0.text(worker.host)
            $0.text(worker.version)
            $0.textArray(worker.queues.map(\.text))
            $0.textArray(worker.kinds.map(\.text))
        }
    }

    /// Extends all leases of a worker. False: it was taken for dead, and must fence itself and register anew.
    package func beat(worker: WorkerID, within time: Duration? = nil) throws(StoreError) -> Bool {
        try run(Self.beatWorker, deadline: time.map(Deadline.after)) { $0.uuid(worker) }.rowCount == 1
    }

    /// Lets the worker claim nothing more, while its leases go on.
    package func drain(worker: WorkerID) throws(StoreError) {
        _ = try run(Self.drainWorker) { $0.uuid(worker) }
    }

    /// Forgets a worker that has stopped.
    package func remove(worker: WorkerID) throws(StoreError) {
        _ = try run(Self.removeWorker) { $0.uuid(worker) }
    }

    /// The jobs of a worker that were told to stop.
    package func cancelRequests(worker: WorkerID) throws(StoreError) -> [CancelRequest] {
        let rows = try run(Self.readCancels) {
            $0.int2(shard)
            $0.uuid(worker)
        }
        return (0..<rows.rowCount).compactMap { row in
            guard let lease = LeaseNumber(rawValue: rows.int8(row, 0)), let id = JobID(rawValue: rows.int8(row, 1))
            else { return nil }
            return CancelRequest(id: id, lease: lease)
        }
    }
}

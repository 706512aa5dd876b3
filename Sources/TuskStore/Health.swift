package import TuskCore
import TuskPostgres

/// What the server says of itself.
package struct ServerHealth: Sendable, Hashable {
    /// Whether it only follows another server and takes no writes.
    package let isStandby: Bool
    /// Whether what it acknowledges survives a crash: `fsync` is on.
    package let isDurable: Bool
    /// 150004 is 15.4.
    package let version: Int
    /// Its time.
    package let moment: Timestamp
}

/// The processes that live.
package struct Fleet: Sendable, Hashable {
    package let liveWorkers: Int
    package let drainingWorkers: Int
    package let schedulers: Int
    package let leader: WorkerID?
}

/// A worker as lists show it.
package struct WorkerStatus: Sendable, Hashable {
    package let id: WorkerID
    package let host: String
    package let processID: Int
    package let version: String
    /// `live` or `draining`.
    package let state: String
    package let slots: Int
    package let queues: [String]
    package let kinds: [String]
    package let startedAt: Timestamp
    package let heartbeatAt: Timestamp
    /// Jobs it holds.
    package let running: Int
}

extension StoreSession {
    private static let readHealth = SQLCatalog.statement("read_health", isReadOnly: true)
    private static let readFleet = SQLCatalog.statement("read_fleet", isReadOnly: true)
    private static let listWorkers = SQLCatalog.statement("list_workers", isReadOnly: true)

    /// What the server says of itself; also a proof that it answers.
    package func health(within time: Duration? = nil) throws(StoreError) -> ServerHealth {
        let rows = try run(Self.readHealth, deadline: time.map(Deadline.after))
        return ServerHealth(
            isStandby: rows.bool(0, 0),
            isDurable: rows.bool(0, 1),
            version: Int(rows.int4(0, 2)),
            moment: rows.moment(0, 3)
        )
    }

    /// How many processes live, and who leads.
    package func fleet() throws(StoreError) -> Fleet {
        let rows = try run(Self.readFleet)
        return Fleet(
            liveWorkers: Int(rows.int8(0, 0)),
            drainingWorkers: Int(rows.int8(0, 1)),
            schedulers: Int(rows.int8(0, 2)),
            leader: rows.isNull(0, 3) ? nil : rows.workerID(0, 3)
        )
    }

    /// Workers, the longest running first.
    package func workers(limit: Int) throws(StoreError) -> [WorkerStatus] {
        let rows = try run(Self.listWorkers) { $0.int4(Int32(limit)) }
        return (0..<rows.rowCount).map { row in
            WorkerStatus(
                id: rows.workerID(row, 0),
                host: rows.text(row, 1),
                processID: Int(rows.int4(row, 2)),
                version: rows.text(row, 3),
                state: rows.text(row, 4),
                slots: Int(rows.int4(row, 5)),
                queues: rows.textArray(row, 6),
                kinds: rows.textArray(row, 7),
                startedAt: rows.moment(row, 8),
                heartbeatAt: rows.moment(row, 9),
                running: Int(rows.int8(row, 10))
            )
        }
    }
}

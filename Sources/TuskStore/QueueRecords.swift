package import TuskCore
import TuskPostgres

/// A queue and how much is where; counts stop at `StoreSession.queueCountMax`.
package struct QueueRecord: Sendable, Hashable {
    package let name: String
    package let available: Int
    package let scheduled: Int
    package let blocked: Int
    package let running: Int
    /// How long the longest waiting available job has waited; nil: none waits.
    package let oldestWait: Duration?
    /// Live workers that claim from it.
    package let workers: Int
    /// Set while it is paused.
    package let pause: PauseRecord?
    /// After waiting so long a job goes up a band; nil: never.
    package let ageing: Duration?
}

/// Who paused something, when and why.
package struct PauseRecord: Sendable, Hashable {
    package let at: Timestamp
    package let by: String
    package let reason: String?
    /// When it ends by itself; nil: it does not.
    package let until: Timestamp?

    /// A pause made of its parts.
    init(at: Timestamp, by: String, reason: String?, until: Timestamp? = nil) {
        self.at = at
        self.by = by
        self.reason = reason
        self.until = until
    }
}

extension StoreSession {
    /// Where counting the jobs of a queue stops.
    package static let queueCountMax = 10_000

    private static let listQueues = SQLCatalog.statement("list_queues", isReadOnly: true)
    private static let pauseQueue = SQLCatalog.statement("pause_queue")
    private static let resumeQueue = SQLCatalog.statement("resume_queue")

    /// Every queue that has jobs, workers or a setting, by name.
    package func queues() throws(StoreError) -> [QueueRecord] {
        let rows = try run(Self.listQueues) { $0.int4(Int32(Self.queueCountMax)) }
        return (0..<rows.rowCount).map { row in
            let pause = rows.momentIfPresent(row, 7).map {
                PauseRecord(at: $0, by: rows.textIfPresent(row, 8) ?? "", reason: rows.textIfPresent(row, 9))
            }
            return QueueRecord(
                name: rows.text(row, 0),
                available: Int(rows.int8(row, 1)),
                scheduled: Int(rows.int8(row, 2)),
                blocked: Int(rows.int8(row, 3)),
                running: Int(rows.int8(row, 4)),
                oldestWait: rows.int8IfPresent(row, 5).map { .milliseconds($0) },
                workers: Int(rows.int8(row, 6)),
                pause: pause,
                ageing: rows.int8IfPresent(row, 10).map { .milliseconds($0) }
            )
        }
    }

    /// Stops claims from a queue. A queue that is paused keeps its first record, which is the answer.
    package func pause(_ queue: QueueName, by who: Author, reason: String?) throws(StoreError) -> PauseRecord {
        let author = who.giving(reason)
        return try audited(.queuePause, of: queue.text, by: author) { () throws(StoreError) in
            let rows = try run(Self.pauseQueue) {
                $0.text(queue.text)
                $0.text(author.name)
                $0.text(author.reason)
            }
            let pause = PauseRecord(at: rows.moment(0, 0), by: rows.text(0, 1), reason: rows.textIfPresent(0, 2))
            return (pause, queue.text)
        }
    }

    /// Lets claims go on. False: it was not paused.
    package func resume(_ queue: QueueName, by author: Author) throws(StoreError) -> Bool {
        try audited(.queueResume, of: queue.text, by: author) { () throws(StoreError) in
            (try run(Self.resumeQueue) { $0.text(queue.text) }.rowCount == 1, queue.text)
        }
    }
}

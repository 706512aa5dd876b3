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
    /// Kinds of jobs that wait in it and that none of its workers offers, nor did in the last minute, 10 at most.
    package let kindsNotOffered: [String]
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
    private static let endPausesStatement = SQLCatalog.statement("end_pauses", isKept: true)

    /// Every queue that has jobs, workers or a setting, by name.
    package func queues() throws(StoreError) -> [QueueRecord] {
        let rows = try run(Self.listQueues) { $0.int4(Int32(Self.queueCountMax)) }
        return (0..<rows.rowCount).map { row in
            QueueRecord(
                name: rows.text(row, 0),
                available: Int(rows.int8(row, 1)),
                scheduled: Int(rows.int8(row, 2)),
                blocked: Int(rows.int8(row, 3)),
                running: Int(rows.int8(row, 4)),
                oldestWait: rows.int8IfPresent(row, 5).map { .milliseconds($0) },
                workers: Int(rows.int8(row, 6)),
                kindsNotOffered: rows.textArray(row, 12),
                pause: pause(rows, row, from: 7),
                ageing: rows.int8IfPresent(row, 11).map { .milliseconds($0) }
            )
        }
    }

    /// Stops claims from a queue. A queue that is paused gets a new record. Nil: the end lies in the past; nothing is
    /// paused.
    package func pause(
        _ queue: QueueName,
        by who: Author,
        reason: String?,
        until end: PauseEnd? = nil
    ) throws(StoreError) -> PauseRecord? {
        let author = who.giving(reason)
        return try audited(.queuePause, of: queue.text, by: author) { () throws(StoreError) in
            let rows = try run(Self.pauseQueue) {
                $0.text(queue.text)
                $0.text(author.name)
                $0.text(author.reason)
                $0.pauseEnd(end)
            }
            return rows.rowCount == 0 ? (nil, nil) : (pause(rows, 0, from: 0), queue.text)
        }
    }

    /// Lets claims go on. False: it was not paused.
    package func resume(_ queue: QueueName, by author: Author) throws(StoreError) -> Bool {
        try audited(.queueResume, of: queue.text, by: author) { () throws(StoreError) in
            (try run(Self.resumeQueue) { $0.text(queue.text) }.rowCount == 1, queue.text)
        }
    }

    /// Forgets pauses that have ended by themselves; the queues whose jobs can be claimed again.
    package func endPauses() throws(StoreError) -> Set<QueueName> {
        let rows = try run(Self.endPausesStatement)
        return Set((0..<rows.rowCount).compactMap { QueueName(rows.text($0, 0)) })
    }

    /// The pause in four columns: since when, who, why, until when; nil: there is none.
    func pause(_ rows: ResultSet, _ row: Int, from column: Int) -> PauseRecord? {
        guard let moment = rows.momentIfPresent(row, column) else { return nil }
        return PauseRecord(
            at: moment,
            by: rows.textIfPresent(row, column + 1) ?? "",
            reason: rows.textIfPresent(row, column + 2),
            until: rows.momentIfPresent(row, column + 3)
        )
    }
}

extension Parameters {
    /// Two parameters: the moment at which a pause ends, or after how many milliseconds; null: it does not.
    mutating func pauseEnd(_ end: PauseEnd?) {
        switch end {
        case .at(let moment):
            timestamp(microseconds: moment.microseconds)
            int8(nil)
        case .after(let time):
            timestamp(microseconds: nil)
            int8(time.wholeMilliseconds)
        case nil:
            timestamp(microseconds: nil)
            int8(nil)
        }
    }
}

package import TuskCore
import TuskPostgres

/// What a scheduler says of itself.
package struct SchedulerRecord: Sendable {
    /// Drawn at this start.
    package var id: WorkerID
    /// Process id; a label.
    package var processID: Int32
    /// Name of the host; a label.
    package var host: String
    /// Version of the program.
    package var version: String

    /// A record of these parts.
    package init(id: WorkerID, processID: Int32, host: String, version: String) {
        self.id = id
        self.processID = processID
        self.host = host
        self.version = version
    }
}

extension StoreSession {
    private static let electLeader = SQLCatalog.statement("elect_leader", isKept: true)
    private static let resignLeader = SQLCatalog.statement("resign_leader")
    private static let beatScheduler = SQLCatalog.statement("beat_scheduler", isKept: true)
    private static let removeScheduler = SQLCatalog.statement("remove_scheduler")
    private static let leadership = "scheduler"

    /// Takes or renews leadership among schedulers for a time; whether the caller leads. It saves work and guards
    /// nothing.
    package func lead(_ id: WorkerID, for time: Duration) throws(StoreError) -> Bool {
        try run(Self.electLeader) {
            $0.text(Self.leadership)
            $0.uuid(id)
            $0.int4(Int32(time.wholeMilliseconds))
        }.rowCount == 1
    }

    /// Gives leadership up.
    package func resign(_ id: WorkerID) throws(StoreError) {
        _ = try run(Self.resignLeader) {
            $0.text(Self.leadership)
            $0.uuid(id)
        }
    }

    /// Says that a scheduler lives.
    package func beat(scheduler: SchedulerRecord) throws(StoreError) {
        _ = try run(Self.beatScheduler) {
            $0.uuid(scheduler.id)
            $0.int4(scheduler.processID)
            $0.text(scheduler.host)
            $0.text(scheduler.version)
        }
    }

    /// Forgets a scheduler that has stopped.
    package func remove(scheduler id: WorkerID) throws(StoreError) {
        _ = try run(Self.removeScheduler) { $0.uuid(id) }
    }
}

import Synchronization
import TestSupport
import Tusk
import TuskCore
import TuskStore

/// A worker on a database of its own, and what happened to it.
struct WorkerBench: Sendable {
    let database: TestDatabase
    let worker: Worker
    let events: EventLog
    /// For looking and enqueueing, beside the worker.
    let store: Store

    /// Enqueues jobs and answers their ids.
    @discardableResult
    func enqueue(_ jobs: NewJob...) throws -> [JobID] {
        try store.withSession { session throws(StoreError) in try session.enqueue(jobs) }.map(\.id)
    }

    /// Enqueues so many jobs of a kind.
    @discardableResult
    func enqueue(count: Int, kind: String = "noop", args: String = "{}", queue: String = "default") throws -> [JobID] {
        let job = try NewJob.test(kind, args: args, queue: queue)
        var ids: [JobID] = []
        while ids.count < count {
            let jobs = Array(repeating: job, count: min(5000, count - ids.count))
            ids += try store.withSession { session throws(StoreError) in try session.enqueue(jobs) }.map(\.id)
        }
        return ids
    }

    /// The job as it is now.
    func job(_ id: JobID) throws -> JobRecord? {
        try store.withSession { session throws(StoreError) in try session.job(id) }
    }

    /// The state of the job now.
    func state(_ id: JobID) throws -> JobState? {
        try job(id)?.state
    }

    /// Waits until the job is in a state.
    func wait(for id: JobID, to be: JobState, within limit: Duration = .seconds(5)) async throws {
        try await eventually(within: limit, "job \(id) \(be)") { try state(id) == be }
    }

    /// Makes due jobs available, as a scheduler does, until the job is in a state.
    func promote(until id: JobID, is wanted: JobState, within limit: Duration = .seconds(5)) async throws {
        try await eventually(within: limit, "job \(id) \(wanted)") {
            let round = try store.withSession { session throws(StoreError) in try session.promote() }
            if round.jobs > 0 { try signal() }
            return try state(id) == wanted
        }
    }

    /// Wakes workers.
    func signal(_ queue: QueueName = .standard) throws {
        try store.withSession { session throws(StoreError) in try session.signal([queue]) }
    }

    /// Brings back the jobs of dead workers, as a scheduler does.
    func rescue() throws {
        _ = try store.withSession { session throws(StoreError) in try session.rescue() }
    }

    /// Jobs that are not in a final state.
    func unfinishedCount() throws -> Int64 {
        try database.number(
            """
            select (select count(*) from tusk.ready) + (select count(*) from tusk.scheduled)
                + (select coalesce(sum(cardinality(ids) - coalesce(bit_count(done), 0)), 0) from tusk.lease)
            """
        )
    }

    /// Rows of a table of the schema.
    func count(_ table: String, where condition: String = "true") throws -> Int64 {
        try database.number("select count(*) from tusk.\(table) where \(condition)")
    }
}

/// What a worker said happened.
final class EventLog: Sendable {
    private let list = Mutex<[WorkerEvent]>([])

    func add(_ event: WorkerEvent) {
        list.withLock { $0.append(event) }
    }

    func forget() {
        list.withLock { $0 = [] }
    }

    var all: [WorkerEvent] { list.withLock { $0 } }

    /// How many events a pattern picks.
    func count(where isWanted: (WorkerEvent) -> Bool) -> Int {
        all.count(where: isWanted)
    }

    var leasesLost: [JobID] {
        all.compactMap { if case .leaseLost(let id, _) = $0 { id } else { nil } }
    }

    var registrations: [WorkerID] {
        all.compactMap { if case .registered(let id) = $0 { id } else { nil } }
    }

    var fences: [WorkerEvent.FenceReason] {
        all.compactMap { if case .fenced(_, let reason, _) = $0 { reason } else { nil } }
    }

    var failures: Int {
        count { if case .databaseFailed = $0 { true } else { false } }
    }

    var stuckSlots: Int {
        count { if case .slotStuck = $0 { true } else { false } }
    }
}

/// Runs `body` with a started worker on a new database; the worker is stopped at the end.
///
/// `through` makes the worker's connection go elsewhere, for instance through a proxy.
func withWorker<Answer: Sendable>(
    _ configuration: WorkerConfiguration = .test,
    through: @Sendable (TestDatabase) throws -> Store = { $0.store(sessionsMax: 1) },
    register: @Sendable (Worker) -> Void,
    _ body: @Sendable (WorkerBench) async throws -> Answer
) async throws -> Answer {
    try await withDatabase(.migrated) { database in
        let events = EventLog()
        let store = database.store()
        let worker = try Worker(configuration, store: try through(database)) { events.add($0) }
        register(worker)
        worker.start()
        let bench = WorkerBench(database: database, worker: worker, events: events, store: store)
        let result: Result<Answer, any Error>
        do {
            result = .success(try await body(bench))
        } catch {
            result = .failure(error)
        }
        await worker.stop()
        store.close()
        return try result.get()
    }
}

extension WorkerConfiguration {
    /// Short times, so that tests end soon.
    static var test: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.drainTimeout = .seconds(2)
        configuration.cancelGrace = .milliseconds(300)
        return configuration
    }

    /// The same with changes.
    static func test(_ change: (inout WorkerConfiguration) -> Void) -> WorkerConfiguration {
        var configuration = test
        change(&configuration)
        return configuration
    }
}

/// A box for what handlers leave behind.
final class Box<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: sending Value) {
        content = Mutex(value)
    }

    var value: Value { content.withLock { $0 } }

    func change(_ body: (inout Value) -> Void) {
        content.withLock { value in body(&value) }
    }
}

import TestSupport
import TuskCore
import TuskStore

/// A session and the few words that tests of the store are written in.
struct StoreFixture {
    let database: TestDatabase
    let session: StoreSession

    init(_ database: TestDatabase) throws {
        self.database = database
        session = try database.storeSession()
    }

    /// Registers a worker that offers the kinds. Its lease time is short because a rescue lets a third of it pass after
    /// the start of the server.
    func worker(_ kinds: [String] = ["noop"], leaseTime: Duration = .seconds(3)) throws -> WorkerID {
        let id = WorkerID.random()
        try session.register(
            WorkerRecord(
                id: id,
                processID: 1,
                host: "test",
                version: "test",
                slots: 10,
                leaseTime: leaseTime,
                queues: [.standard],
                kinds: kinds.compactMap(Kind.init)
            )
        )
        return id
    }

    /// Enqueues jobs and answers their ids.
    @discardableResult
    func enqueue(_ jobs: NewJob...) throws -> [JobID] {
        try session.enqueue(jobs).map(\.id)
    }

    /// Enqueues this many jobs of a kind.
    @discardableResult
    func enqueue(count: Int, _ kind: String = "noop", queue: String = "default") throws -> [JobID] {
        try session.enqueue((0..<count).map { _ in try NewJob.test(kind, queue: queue) }).map(\.id)
    }

    /// Claims from all bands of the queues, from the start.
    func claim(
        _ worker: WorkerID,
        max: Int = 100,
        kinds: [String] = ["noop"],
        queues: [String] = ["default"],
        leasedApart: [String] = [],
        bytesMax: Int = 1 << 30
    ) throws -> [ClaimedJob] {
        let names = queues.compactMap(QueueName.init)
        let request = ClaimRequest(
            worker: worker,
            lanes: Priority.all.flatMap { band in names.map { Lane(queue: $0, priority: band, cursor: 0) } },
            kinds: kinds.compactMap(Kind.init),
            kindsLeasedApart: leasedApart.compactMap(Kind.init),
            jobsMax: max,
            argsBytesMax: bytesMax
        )
        return try session.claim(request).jobs
    }

    /// Completes jobs.
    func settle(_ jobs: [ClaimedJob], _ worker: WorkerID) throws -> [SettleStatus] {
        try settle(jobs, .complete, worker)
    }

    /// Settles jobs with one verdict.
    func settle(_ jobs: [ClaimedJob], _ verdict: Verdict, _ worker: WorkerID) throws -> [SettleStatus] {
        try session.settle(jobs.map { SettleEntry($0, verdict, startedAgo: .milliseconds(5)) }, worker: worker)
    }

    /// The state of a job; nil when it is nowhere.
    func state(_ id: JobID) throws -> JobState? {
        try session.job(id)?.state
    }

    /// Makes a worker look as if it had been silent for longer than its lease time.
    func silence(_ worker: WorkerID) throws {
        try database.script("update tusk.worker set heartbeat_at = now() - interval '1 hour' where id = '\(worker)'")
    }
}

/// Runs a test with a migrated database of its own.
func withStore(_ body: @Sendable (StoreFixture) throws -> Void) async throws {
    try await withDatabase(.migrated) { database in
        let fixture = try StoreFixture(database)
        defer { fixture.session.close() }
        try body(fixture)
    }
}

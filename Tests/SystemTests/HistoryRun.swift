import Foundation
import Synchronization
import TestSupport
import TuskCore
import TuskPostgres
import TuskStore

/// A fleet of real processes on one database, and everything that is written down about it.
final class HistoryRun: Sendable {
    let database: TestDatabase
    private let folder: URL
    private let url: String
    private let settings: Settings
    private let fleet = Mutex(Fleet())
    private let acknowledged = Mutex<Set<JobID>>([])
    private let unknownCount = Mutex(0)

    struct Settings: Sendable {
        var leaseMilliseconds = 2000
        var slots = 4
        var drainMilliseconds = 5000
    }

    private struct Fleet {
        var workers: [ServiceProcess] = []
        var schedulers: [ServiceProcess] = []
        var started = 0
    }

    init(_ database: TestDatabase, _ settings: Settings = Settings()) throws {
        self.database = database
        self.settings = settings
        url = database.connectionString.textWithPassword
        folder = FileManager.default.temporaryDirectory.appending(path: "tusk-history-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        for process in fleet.withLock({ $0.workers + $0.schedulers }) {
            process.send(SIGKILL)
        }
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("the folder \(folder.path) stays: \(error)")
        }
    }

    /// The workers that run now, the longest running first.
    var workers: [ServiceProcess] { fleet.withLock { $0.workers } }

    /// The schedulers that run now.
    var schedulers: [ServiceProcess] { fleet.withLock { $0.schedulers } }

    /// Starts a worker with a file of its own.
    @discardableResult
    func startWorker(environment: [String: String] = [:]) throws -> ServiceProcess {
        let number = fleet.withLock { fleet in
            fleet.started += 1
            return fleet.started
        }
        let process = try ServiceProcess(
            "HistoryWorker",
            [
                url, folder.appending(path: "worker-\(number).log").path, String(settings.leaseMilliseconds),
                String(settings.slots), String(settings.drainMilliseconds),
            ],
            environment: environment
        )
        fleet.withLock { $0.workers.append(process) }
        return process
    }

    /// Starts `tusk scheduler`.
    @discardableResult
    func startScheduler(environment more: [String: String] = [:]) throws -> ServiceProcess {
        let process = try ServiceProcess("tusk", ["scheduler"], environment: environment.merging(more) { $1 })
        fleet.withLock { $0.schedulers.append(process) }
        return process
    }

    /// How a process of `tusk` finds the database.
    var environment: [String: String] { ["DATABASE_URL": url] }

    /// Ends a process without letting it know.
    func kill(_ process: ServiceProcess) throws {
        process.send(SIGKILL)
        try process.waitForEnd(within: .seconds(5))
        fleet.withLock { fleet in
            fleet.workers.removeAll { $0 === process }
            fleet.schedulers.removeAll { $0 === process }
        }
    }

    /// Enqueues jobs and notes their ids once the enqueue is acknowledged.
    @discardableResult
    func enqueue(_ jobs: [NewJob], _ session: StoreSession) throws -> [JobID] {
        let ids = try session.enqueue(jobs).map(\.id)
        acknowledged.withLock { $0.formUnion(ids) }
        return ids
    }

    /// Notes that some jobs may or may not exist: the answer to their enqueue never came.
    func noteUnknown(_ count: Int) {
        unknownCount.withLock { $0 += count }
    }

    /// A job for `HistoryWorker`.
    static func job(
        milliseconds: Int,
        work: String = "sleep",
        first: String = "ok",
        runAt: RunTime = .now,
        limits: [JobLimit] = [],
        order: JobOrder? = nil
    ) throws -> NewJob {
        let args = #"{"milliseconds":\#(milliseconds),"work":"\#(work)","first":"\#(first)"}"#
        return try .test("recorded", args: args, runAt: runAt, limits: limits, order: order)
    }

    /// Jobs that are not final yet.
    func jobsLeft() throws -> Int64 {
        try database.number("select count(*) from tusk.jobs where state not in ('completed', 'cancelled', 'discarded')")
    }

    /// Executions that were begun so far.
    func executionsBegun() throws -> Int {
        try executions().count
    }

    /// Asks every worker to stop, and returns their statuses.
    func stopWorkers() throws -> [Int32] {
        let workers = fleet.withLock { fleet in
            defer { fleet.workers = [] }
            return fleet.workers
        }
        for worker in workers { worker.send(SIGTERM) }
        return try workers.map { try $0.waitForEnd(within: .seconds(20)) }
    }

    /// Everything that was written down.
    func history() throws -> History {
        var history = History(acknowledged: acknowledged.withLock { $0 })
        history.unknownCount = unknownCount.withLock { $0 }
        history.executions = try executions()
        history.existing = Set(try database.texts("select id::text from tusk.job").compactMap { JobID($0) })
        let facts = """
            select concat_ws(' ', id, lease, state, (extract(epoch from finished_at) * 1000000)::bigint)
            from tusk.outcome
            union all
            select concat_ws(' ', id, lease, ended, (extract(epoch from ended_at) * 1000000)::bigint) from tusk.attempt
            """
        for fact in try database.texts(facts) {
            let words = fact.split(separator: " ")
            guard words.count == 4, let job = JobID(String(words[0])), let lease = Int64(words[1]),
                let moment = Int64(words[3])
            else { throw FixtureError("an outcome: \(fact)") }
            history.acceptances.append(.init(job: job, lease: lease, what: String(words[2]), at: moment))
        }
        return history
    }

    private func executions() throws -> [History.Execution] {
        var found: [String: History.Execution] = [:]
        var doubled: [History.Execution] = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 4, let job = JobID(String(words[1])), let lease = LeaseNumber(String(words[2])),
                    let moment = Int64(words[3])
                else { throw FixtureError("a line of \(file.lastPathComponent): \(line)") }
                let key = "\(words[1]) \(words[2])"
                if words[0] == "end" {
                    found[key]?.endedAt = moment
                } else if let earlier = found.updateValue(
                    History.Execution(job: job, lease: lease, startedAt: moment, endedAt: nil),
                    forKey: key
                ) {
                    doubled.append(earlier)
                }
            }
        }
        return Array(found.values) + doubled
    }
}

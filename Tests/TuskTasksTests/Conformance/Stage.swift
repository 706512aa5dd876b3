import Foundation
import Synchronization
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskTasks

/// One way to run jobs, at work on a database of its own.
struct Stage: Sendable {
    let kind: ExecutorKind
    let bench: WorkerBench
    let gate: Gate
    fileprivate let processes: Processes

    /// The processes of the executor that works over HTTP.
    fileprivate final class Processes: Sendable {
        let api: ServiceProcess?
        let worker: ServiceProcess?

        init(api: ServiceProcess? = nil, worker: ServiceProcess? = nil) {
            (self.api, self.worker) = (api, worker)
        }
    }

    var database: TestDatabase { bench.database }

    /// Enqueues a job that does something; see `Work`.
    func enqueue(_ word: String, timeout: Duration? = nil) throws -> JobID {
        try bench.enqueue(kind.job, args(word), timeout: timeout)
    }

    /// The args of such a job.
    func args(_ word: String) -> String {
        let args = #"{"does":"\#(word)","n":7,"gate":"\#(gate.path)"}"#
        return kind == .function ? #"{"function":"public.work","args":\#(args)}"# : args
    }

    /// Waits until a job is being executed.
    func isAtWork(_ id: JobID) async throws {
        try await eventually(within: .seconds(30), "job \(id) at work") {
            let hasBegun = kind == .function ? try Work.isFunctionRunning(database) : gate.isReached
            return try hasBegun && bench.job(id)?.state == .running
        }
    }

    /// Waits until a job is as expected, and returns it.
    func job(_ id: JobID, _ what: String, _ isIt: (JobRecord) -> Bool) async throws -> JobRecord {
        try await eventually(within: .seconds(30), "job \(id) \(what)") { try bench.job(id).map(isIt) == true }
        return try #require(try bench.job(id))
    }

    /// Asks what runs the jobs to stop, and waits until it has.
    func stop() async throws {
        await bench.worker.stop()
        guard let worker = processes.worker else { return }
        worker.send(SIGTERM)
        #expect(try worker.waitForEnd() == 0, "\(worker.output)")
    }
}

/// How impatient the executor of a test is.
struct StageSettings: Sendable {
    /// How long a running job may go on when its executor is to stop.
    var patience = Duration.seconds(10)
    var leaseTime = Duration.seconds(15)
}

/// Runs `body` with one way to run jobs.
func withStage(
    _ kind: ExecutorKind,
    _ settings: StageSettings = StageSettings(),
    _ body: @escaping @Sendable (Stage) async throws -> Void
) async throws {
    try await withDatabase(.migrated) { database in
        let gate = try Gate(database)
        defer { #expect(throws: Never.self) { try gate.remove() } }
        let receiver = kind == .webhook ? try LoopbackServer(Work.answer) : nil
        if kind == .function { try database.script(Work.function) }
        var workerConfiguration = WorkerConfiguration()
        workerConfiguration.drainTimeout = settings.patience
        workerConfiguration.leaseTime = settings.leaseTime
        let worker = try Worker(workerConfiguration, store: database.store())
        BuiltInTasks.register(on: worker, try configuration(kind, database, receiver))
        if kind == .handler { worker.register(Work()) }
        let processes = kind == .pull ? try await pull(database, gate, settings) : Stage.Processes()
        if kind != .pull { worker.start() }
        let bench = WorkerBench(database: database, worker: worker)
        let stage = Stage(kind: kind, bench: bench, gate: gate, processes: processes)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(stage))
        } catch {
            result = .failure(error)
        }
        try gate.open()
        try await stage.stop()
        processes.api?.send(SIGTERM)
        _ = try processes.api?.waitForEnd()
        try result.get()
    }
}

/// What a worker may run.
private func configuration(
    _ kind: ExecutorKind,
    _ database: TestDatabase,
    _ receiver: LoopbackServer?
) throws -> BuiltInTasks.Configuration {
    var configuration = BuiltInTasks.Configuration(settings: database.settings)
    switch kind {
    case .handler, .pull: break
    case .command:
        configuration.commands = [CommandSpec(kind: "work", arguments: ["/bin/bash", "-c", Work.script])]
        configuration.supervisor = [ServiceProcess.folder.appending(path: "tusk").path, CommandSupervisor.word]
    case .webhook:
        let keys = [try #require(WebhookKey(Secrets.texts[0]))]
        configuration.webhooks = [WebhookSpec(kind: "work", url: try #require(receiver).url, keys: keys)]
        configuration.networks = [try #require(Network("127.0.0.1"))]
    case .function: configuration.functions = ["public.work"]
    }
    return configuration
}

/// Starts a process of the API, and the Python worker of the examples.
private func pull(_ database: TestDatabase, _ gate: Gate, _ settings: StageSettings) async throws -> Stage.Processes {
    let api = try ServiceProcess(
        "tusk",
        ["api", "--listen", "127.0.0.1:0", "--no-auth", "--log-format", "logfmt", "-v"],
        environment: ["DATABASE_URL": database.connectionString.textWithPassword]
    )
    try await eventually(within: .seconds(30), "an API") { api.output.contains("message=started") }
    let url = try #require(api.output.firstMatch(of: /api=(http:\S+)/).map { String($0.1) }, "\(api.output)")
    let examples = URL(filePath: #filePath).appending(path: "../../../../deploy/examples").standardized.path
    let worker = try ServiceProcess(
        "/usr/bin/python3",
        ["-c", Work.python, examples, String(settings.patience / .seconds(1))],
        environment: ["TUSK_URL": url, "PYTHONDONTWRITEBYTECODE": "1"]
    )
    return Stage.Processes(api: api, worker: worker)
}

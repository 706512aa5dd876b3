import Foundation
import Tusk
import TuskCore
import TuskPostgres
import TuskStore
import TuskTasks

/// CSV files imported into one table by `data.import`, a job for each and all at once, against `\\copy` of the same
/// files, a session for each and all at once. Its `jobs` are rows.
struct ImportWorkload: Workload {
    private static let createTables = SQLCatalog.statement("create_import_tables", in: "bench")
    private static let copyRows = SQLCatalog.statement("copy_rows", in: "bench")
    private static let countRows = SQLCatalog.statement("count_rows", in: "bench", isReadOnly: true)
    /// Bytes of a file that are sent at once.
    private static let pieceBytes = 1 << 16

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let files = try ImportFiles(named: database.name, rows: plan.jobs, files: plan.files)
        defer { files.remove() }
        return try imported(files)
    }

    /// What `\\copy` of psql does: the files' bytes in pieces, parsed by the server.
    func limit() throws -> Figures? {
        let files = try ImportFiles(named: database.name, rows: plan.jobs, files: plan.files)
        defer { files.remove() }
        return try copied(files)
    }

    /// Loads files with the rows of the plan by jobs.
    func imported(_ files: ImportFiles) throws -> Figures {
        try database.script(Self.createTables)
        let session = try database.session()
        defer { session.close() }
        let worker = BenchWorker.make(database.store(sessionsMax: 1)) {}
        var configuration = BuiltInTasks.Configuration(settings: database.settings)
        configuration.importRoots = [files.folder.path]
        configuration.tables = try Self.tables()
        BuiltInTasks.register(on: worker, configuration)
        worker.start()
        defer { worker.stop() }
        for _ in 0..<500 where !worker.status.isListening { Moment.pass(.milliseconds(10)) }
        let jobs = try files.names.map(Self.job)
        let caller = ClientCaller(database)
        defer { caller.close() }
        let start = try Meter(session)
        for id in try caller.enqueue(jobs) { try awaitCompletion(id, session) }
        let end = try Meter(session)
        try checkRows(session)
        return Figures(jobs: plan.jobs, from: start, to: end)
    }

    /// Loads files with the rows of the plan by `\\copy`.
    func copied(_ files: ImportFiles) throws -> Figures {
        try database.script(Self.createTables)
        let session = try database.session()
        defer { session.close() }
        let start = try Meter(session)
        let database = database
        let threads = files.names.map(files.path).map { path in
            LoadThread("bench-copy") { _ in try Self.copy(path, database) }
        }
        for thread in threads { try thread.wait() }
        let end = try Meter(session)
        try checkRows(session)
        return Figures(jobs: plan.jobs, from: start, to: end)
    }

    /// Fails unless the table has the rows of the plan, no more and no less.
    private func checkRows(_ session: StoreSession) throws {
        let found = try session.run(Self.countRows).int8(0, 0)
        guard found == plan.jobs else { throw BenchFailure("the table has \(found) rows instead of \(plan.jobs)") }
    }

    private func awaitCompletion(_ id: JobID, _ session: StoreSession) throws {
        while let job = try session.job(id), !job.state.isFinal { Moment.pass(.milliseconds(2)) }
        guard let job = try session.job(id), job.state == .completed else {
            throw BenchFailure("an import of the benchmark did not complete")
        }
    }

    private static func copy(_ path: String, _ database: BenchDatabase) throws {
        let session = try database.session()
        defer { session.close() }
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        do {
            let writer = try session.session.copyIn(copyRows)
            while let piece = try file.read(upToCount: pieceBytes), !piece.isEmpty { try writer.write(piece) }
            _ = try writer.finish()
        } catch let error as PostgresError {
            throw StoreError(error)
        }
    }

    private static func tables() throws(StoreError) -> AllowedTables {
        do throws(AllowedTables.Unreadable) {
            return try AllowedTables(["public.*"])
        } catch {
            throw .unreadable("the tables of the benchmark: \(error.text)")
        }
    }

    private static func job(_ file: String) throws -> NewJob {
        let args = JSONText(trusted: Array(#"{"file":"\#(file)","table":"bench_rows"}"#.utf8))
        return try NewJob(kind: "data.import", args: args)
    }
}

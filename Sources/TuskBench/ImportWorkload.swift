import Foundation
import Tusk
import TuskCore
import TuskPostgres
import TuskStore
import TuskTasks

/// A CSV file imported into a table by `data.import`, against `\\copy` of the same file. Its `jobs` are rows.
struct ImportWorkload: Workload {
    private static let createTables = SQLCatalog.statement("create_import_tables", in: "bench")
    private static let copyRows = SQLCatalog.statement("copy_rows", in: "bench")

    let database: BenchDatabase
    let plan: BenchPlan

    func tusk() throws -> Figures {
        let folder = try makeFile()
        defer { remove(folder) }
        try database.script(Self.createTables)
        let session = try database.session()
        defer { session.close() }
        let worker = BenchWorker.make(database) {}
        var configuration = BuiltInTasks.Configuration(settings: database.settings)
        configuration.importRoots = [folder.path]
        configuration.tables = try Self.tables()
        BuiltInTasks.register(on: worker, configuration)
        worker.start()
        defer { worker.stop() }
        for _ in 0..<500 where !worker.status.isListening { Moment.pass(.milliseconds(10)) }
        let start = try Meter(session)
        let caller = ClientCaller(database)
        defer { caller.close() }
        let id = try caller.enqueue([Self.job])[0]
        while let job = try session.job(id), !job.state.isFinal { Moment.pass(.milliseconds(2)) }
        let end = try Meter(session)
        guard let job = try session.job(id), job.state == .completed else {
            throw BenchFailure("the import of the benchmark did not complete")
        }
        return Figures(jobs: plan.jobs, from: start, to: end)
    }

    /// What `\\copy` of psql does: the file's bytes in pieces, parsed by the server.
    func limit() throws -> Figures? {
        let folder = try makeFile()
        defer { remove(folder) }
        try database.script(Self.createTables)
        let session = try database.session()
        defer { session.close() }
        let start = try Meter(session)
        guard let file = FileHandle(forReadingAtPath: folder.appending(path: "rows.csv").path) else {
            throw BenchFailure("the file of the benchmark is gone")
        }
        do throws(PostgresError) {
            let writer = try session.session.copyIn(Self.copyRows)
            while let piece = try? file.read(upToCount: 1 << 16), !piece.isEmpty { try writer.write(piece) }
            _ = try writer.finish()
        } catch {
            throw StoreError(error)
        }
        return Figures(jobs: plan.jobs, from: start, to: try Meter(session))
    }

    private static func tables() throws(StoreError) -> AllowedTables {
        do throws(AllowedTables.Unreadable) {
            return try AllowedTables(["public.*"])
        } catch {
            throw .unreadable("the tables of the benchmark: \(error.text)")
        }
    }

    private static let job: NewJob = {
        do {
            let args = JSONText(trusted: Array(#"{"file":"rows.csv","table":"bench_rows"}"#.utf8))
            return try NewJob(kind: "data.import", args: args)
        } catch {
            preconditionFailure("the job of the benchmark: \(error)")
        }
    }()

    /// A folder with a file of numbers, words, times and quoted texts.
    private func makeFile() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: database.name)
        var text = "id,name,amount,taken_at,remark\n"
        for row in 0..<plan.jobs {
            text += "\(row),name \(row % 1000),\(row % 977).\(row % 100),2026-01-02T03:04:05Z,"
            text += "\"a \"\"quoted\"\" remark\"\n"
        }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: folder.appending(path: "rows.csv"))
        } catch {
            throw BenchFailure("cannot write a file below \(folder.path): \(error)")
        }
        return folder
    }

    private func remove(_ folder: URL) {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            // Left for the system to clear; the figures do not depend on it.
            return
        }
    }
}

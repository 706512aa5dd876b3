import Foundation
import Synchronization
import TestSupport
import TuskCore
import TuskPostgres

@testable import TuskTasks

/// A database and a folder of files to import from.
final class ImportFixture: Sendable {
    let database: TestDatabase
    let folder: String
    private let reports = Mutex<[Double]>([])
    private let savedCursor = Mutex<JSONText?>(nil)

    init(_ database: TestDatabase) throws {
        self.database = database
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tusk-import-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// How far the imports said they were, in order.
    var fractions: [Double] { reports.withLock { $0 } }

    /// What an import has saved for its next attempt; nil for one that starts from nothing.
    var cursor: JSONText? {
        get { savedCursor.withLock { $0 } }
        set { savedCursor.withLock { $0 = newValue } }
    }

    func remove() throws {
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Writes a file and answers its name.
    func write(_ text: String, as name: String = "data.csv") throws -> String {
        try write(Array(text.utf8), as: name)
    }

    func write(_ bytes: [UInt8], as name: String = "data.csv") throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return name
    }

    /// The folder with the data files that all tests share.
    static let sharedFolder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures").path

    /// Does an import as the handler does it, but for the job around it.
    @discardableResult
    func load(
        _ args: ImportArgs,
        chunkBytes: Int = 16 << 20,
        networks: [Network] = ["127.0.0.0/8"].compactMap { Network($0) },
        shouldStop: @escaping () -> Bool = { false },
        complete: @escaping (Session, JSONText) throws(PostgresError) -> Void = { _, _ in }
    ) throws -> ImportState.Totals {
        let surroundings = ImportRun.Surroundings(
            job: 77,
            chunkBytes: chunkBytes,
            shouldStop: shouldStop,
            report: { fraction, _ in self.reports.withLock { $0.append(fraction) } },
            readCursor: { _ in self.cursor },
            saveCursor: { _, cursor in self.savedCursor.withLock { $0 = cursor } },
            complete: complete
        )
        let tables = try AllowedTables(["public.*", "odd schema.*"])
        let run = try ImportRun(args, tables: tables, surroundings)
        let source: any InputSource
        switch run.source {
        case .file(let path): source = try AllowedRoots([folder, Self.sharedFolder]).open(path)
        case .server(let request):
            let client = HTTPClient(guardian: NetworkGuard(allowing: networks))
            source = WebSource(request, client, timeLeft: .seconds(60), shouldStop: shouldStop)
        }
        let session = try Session(DataImport.settings(database.settings))
        defer { session.close() }
        return try run.perform(source, on: session).totals
    }

    /// The lines of the rejects of `public.t`, with their reasons.
    func rejects(_ table: String = "public.t_rejects") throws -> [String] {
        try database.texts("select line || ' ' || reason || ' | ' || raw from \(table) as reject order by reject.line")
    }

    func count(_ table: String = "public.t") throws -> Int64 {
        try database.number("select count(*) from \(table)")
    }
}

/// Runs a test with a fixture of its own.
func withImports(
    _ template: DatabaseTemplate = .empty,
    _ body: @Sendable (ImportFixture) async throws -> Void
) async throws {
    try await withDatabase(template) { database in
        let fixture = try ImportFixture(database)
        do {
            try await body(fixture)
        } catch {
            try fixture.remove()
            throw error
        }
        try fixture.remove()
    }
}

package import Tusk
import TuskCore
package import TuskPostgres

/// `data.import`: loads a CSV or NDJSON file, which may be compressed, into a table. It is a file of this machine, or
/// another server sends it.
///
/// Good rows are loaded by COPY, bad ones are set aside with their line and the reason. Each chunk is one transaction
/// with the job's cursor, the last one with the completion of the job: however often the job runs, its rows are in the
/// table once.
package struct DataImport: JobHandler {
    package static let kind: Kind = "data.import"
    package static let policy = HandlerPolicy(timeout: .seconds(6 * 3600), isTransactional: true)

    /// How long one call may take: the load of one batch with the table's triggers, or the wait for a lock. 60 seconds.
    private static let callTimeout = Duration.seconds(60)

    private let settings: ConnectionSettings
    private let roots: AllowedRoots
    private let tables: AllowedTables
    private let client: HTTPClient?

    /// - Parameters:
    ///   - settings: How to connect; the user needs the rights for the tables.
    ///   - roots: Absolute paths of the folders whose files may be imported.
    ///   - tables: The tables that rows may go to.
    ///   - network: Which addresses may be connected to; nil: no server is asked for a file.
    ///   - trusted: Who may vouch for servers; nil: those the system trusts.
    package init(
        _ settings: ConnectionSettings,
        roots: [String],
        tables: AllowedTables,
        network: NetworkGuard?,
        trusting trusted: TrustedAuthorities?
    ) {
        self.settings = Self.settings(settings)
        self.roots = AllowedRoots(roots)
        self.tables = tables
        client = network.map { HTTPClient(guardian: $0, trusting: trusted) }
    }

    /// How an import connects.
    static func settings(_ settings: ConnectionSettings) -> ConnectionSettings {
        var own = settings
        own.applicationName = "\(settings.applicationName)/import"
        own.callTimeout = callTimeout
        own.plan = .free
        // Triggers of the table may look for their own tables by bare names.
        own.searchPath = "pg_catalog, public, pg_temp"
        return own
    }

    package func perform(_ args: ImportArgs, _ context: JobContext) async throws {
        let end: ImportState
        do throws(TaskFailure) {
            end = try load(args, context)
        } catch {
            throw error.directive
        }
        try context.setResult(end.result)
    }

    private func load(_ args: ImportArgs, _ context: JobContext) throws(TaskFailure) -> ImportState {
        let (id, lease) = (context.id, context.lease)
        let surroundings = ImportRun.Surroundings(
            job: id.rawValue,
            shouldStop: { context.isCancelled },
            timeLeft: { context.remaining },
            report: { context.progress($0, "\($1) rows") },
            readCursor: { session throws(PostgresError) in try JobSQL.readCursor(id, on: session) },
            saveCursor: { session, cursor throws(PostgresError) in
                try JobSQL.saveCursor(id, lease, cursor, on: session)
            },
            complete: { session, result throws(PostgresError) in try JobSQL.complete(id, lease, result, on: session) }
        )
        let run = try ImportRun(args, tables: tables, surroundings)
        let source = try source(run.source, context)
        let session = try calling { () throws(PostgresError) in try Session(settings) }
        defer { session.close() }
        return try run.perform(source, on: session)
    }

    private func source(
        _ source: ImportPlan.Source,
        _ context: JobContext
    ) throws(TaskFailure) -> any InputSource {
        switch source {
        case .file(let path): return try roots.open(path)
        case .server(let request):
            guard let client else { throw .refused("url: this worker may not ask other servers (--allow-requests)") }
            return WebSource(request, client, timeLeft: context.remaining, shouldStop: { context.isCancelled })
        }
    }
}

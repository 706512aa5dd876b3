package import Tusk
import TuskCore
package import TuskPostgres

/// `data.import`: loads a CSV file into a table.
///
/// Good rows are loaded by COPY, bad ones are set aside with their line and the reason. All of it, and the completion
/// of the job, are one transaction: however often the job runs, its rows are in the table once or not at all.
package struct DataImport: JobHandler {
    package static let kind: Kind = "data.import"
    package static let policy = HandlerPolicy(timeout: .seconds(6 * 3600), isTransactional: true)

    /// How long one call may take: the load of one batch with the table's triggers, or the wait for a lock. 60 seconds.
    private static let callTimeout = Duration.seconds(60)

    private let settings: ConnectionSettings
    private let roots: AllowedRoots

    /// - Parameters:
    ///   - settings: How to connect; the user needs the rights for the tables.
    ///   - roots: Absolute paths of the folders whose files may be imported.
    package init(_ settings: ConnectionSettings, roots: [String]) {
        self.settings = Self.settings(settings)
        self.roots = AllowedRoots(roots)
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
        let totals: ImportRun.Totals
        do throws(ImportFailure) {
            totals = try load(args, context)
        } catch {
            throw Self.error(error)
        }
        try context.setResult(totals.json)
    }

    private func load(_ args: ImportArgs, _ context: JobContext) throws(ImportFailure) -> ImportRun.Totals {
        let run = try ImportRun(
            args,
            ImportRun.Surroundings(
                job: context.id.rawValue,
                shouldStop: { context.isCancelled },
                report: { context.progress($0, "\($1) rows") },
                complete: { session, result throws(PostgresError) in
                    try Self.complete(context.id, context.lease, result, on: session)
                }
            )
        )
        let file = try roots.open(args.file)
        let session: Session
        do throws(PostgresError) {
            session = try Session(settings)
        } catch {
            throw .database(error)
        }
        defer { session.close() }
        return try run.perform(file, on: session)
    }

    /// Completes the job in the open transaction. The worker settles it once more when the handler has returned; the
    /// lease tells the database that this is the same completion.
    static func complete(
        _ job: JobID,
        _ lease: LeaseNumber,
        _ result: JSONText,
        on session: Session
    ) throws(PostgresError) {
        var parameters = Parameters()
        parameters.int8(job.rawValue)
        parameters.int8(lease.rawValue)
        parameters.json(result.bytes)
        _ = try session.run(ImportSQL.completeJob, parameters)
    }

    /// What becomes of the job.
    private static func error(_ failure: ImportFailure) -> any Error {
        switch failure {
        case .refused(let reason): JobDirective.discard(reason: reason)
        case .stopped: CancellationError()
        case .database(.server(let error)) where error.sqlState == "TK002": JobDirective.cancel(reason: error.message)
        case .database, .unreadable, .needsCare: failure
        }
    }
}

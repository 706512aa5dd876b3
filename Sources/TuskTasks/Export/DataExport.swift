package import Tusk
import TuskCore
package import TuskPostgres

/// `data.export`: writes the rows of a query that the configuration offers to a file.
///
/// The rows are those of one moment, read in a read-only transaction. The file is seen when it is whole and on disk,
/// and not before; the lease is asserted just before it takes its name.
package struct DataExport: JobHandler {
    package static let kind: Kind = "data.export"
    package static let policy = HandlerPolicy(timeout: .seconds(6 * 3600))

    /// Rows between two looks at whether to stop, and two reports.
    private static let reportRows = 10_000

    private let settings: ConnectionSettings
    private let roots: AllowedRoots
    private let queries: [String: NamedQuery]

    /// - Parameters:
    ///   - settings: How to connect; the user needs the rights for what the queries read.
    ///   - roots: Absolute paths of the folders that files may be written to.
    ///   - queries: The queries that jobs may name.
    package init(_ settings: ConnectionSettings, roots: [String], queries: [String: NamedQuery]) {
        self.settings = DataImport.settings(settings)
        self.roots = AllowedRoots(roots, for: "tasks may write to")
        self.queries = queries
    }

    package func perform(_ args: ExportArgs, _ context: JobContext) async throws {
        do throws(TaskFailure) {
            try export(args, context)
        } catch {
            throw error.directive
        }
    }

    private func export(_ args: ExportArgs, _ context: JobContext) throws(TaskFailure) {
        guard let query = queries[args.query] else {
            throw .refused("query is not the name of a query that the configuration offers")
        }
        let parameters = try Self.parameters(args, context.rawArgs, for: query)
        let format = args.format ?? Self.format(of: args.file)
        let token = OutputFile.Token(job: context.id.rawValue, lease: context.lease.rawValue)
        let file = try roots.create(args.file, token)
        let session = try calling { () throws(PostgresError) in try Session(settings) }
        defer { session.close() }
        let isGzip = args.gzip ?? args.file.lowercased().hasSuffix(".gz")
        var writer = ExportWriter(file, format, isGzip: isGzip, hasHeader: args.header)
        let statement = ExportSQL.copy(query, format, header: args.header)
        try session.transaction(readOnly: true, mapping: TaskFailure.database) { session throws(TaskFailure) in
            // The first row may come late, so each call has all the time there is.
            let reader = try Self.querying { () throws(PostgresError) in
                _ = try session.run(ExportSQL.setParameters, parameters)
                return try session.copyOut(statement, deadline: .after(context.remaining))
            }
            try write(reader, &writer, context)
        }
        try writer.finish()
        try file.publish { () throws(TaskFailure) in
            try calling { () throws(PostgresError) in try JobSQL.assertLease(context.id, context.lease, on: session) }
        }
        try keep(writer.result, context)
    }

    private func write(
        _ reader: CopyReader,
        _ writer: inout ExportWriter,
        _ context: JobContext
    ) throws(TaskFailure) {
        while true {
            let row = try Self.querying { () throws(PostgresError) in
                try reader.next(deadline: .after(context.remaining))
            }
            guard let row else { return }
            try writer.add(row)
            guard writer.rows.isMultiple(of: Self.reportRows) else { continue }
            if context.isCancelled { throw .stopped }
            context.progress(0, "\(writer.rows) rows")
        }
    }

    private func keep(_ result: JSONText, _ context: JobContext) throws(TaskFailure) {
        do throws(TuskError) {
            try context.setResult(result)
        } catch {
            throw .refused(error.description)
        }
    }

    /// Runs a call for the query. Values that do not fit will not do so next time either.
    private static func querying<Answer>(
        _ body: () throws(PostgresError) -> Answer
    ) throws(TaskFailure) -> Answer {
        do throws(PostgresError) {
            return try body()
        } catch .server(let error) where error.sqlState.hasPrefix("22") {
            throw .refused("the query takes no such parameters: \(error.message)")
        } catch {
            throw .database(error)
        }
    }

    /// The parameters as the job has them, when they are those of the query.
    private static func parameters(
        _ args: ExportArgs,
        _ raw: JSONText,
        for query: NamedQuery
    ) throws(TaskFailure) -> Parameters {
        let given = Set(args.parameters.keys)
        let wanted = Set(query.parameters.map(\.name))
        if let name = wanted.subtracting(given).min() { throw .refused("parameters has no \"\(name)\"") }
        if let name = given.subtracting(wanted).min() {
            throw .refused("the query takes no parameter \"\(name.prefix(63))\"")
        }
        let text: JSONValue?
        do throws(JSONError) {
            text = try JSONDocument(validating: raw.bytes, limits: .args).root.member("parameters")
        } catch {
            throw .refused("args are not JSON: \(error.message)")
        }
        var parameters = Parameters()
        let isObject = text?.kind == .object
        parameters.text(isObject ? text.map { String(decoding: $0.rawBytes, as: UTF8.self) } : "{}")
        return parameters
    }

    private static func format(of file: String) -> ExportArgs.Format {
        switch ImportPlan.format(of: file) {
        case .csv: .csv
        case .ndjson: .ndjson
        }
    }
}

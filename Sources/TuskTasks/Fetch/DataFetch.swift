package import Tusk
import TuskCore
package import TuskPostgres

/// `data.fetch`: gets a file from another server.
///
/// What was received stays when an attempt fails; the next one asks for the rest, if the server has said how to tell
/// whether the file is still the same (a strong ETag). The file is seen when it is whole, has the expected digest and
/// is on disk.
package struct DataFetch: JobHandler {
    package static let kind: Kind = "data.fetch"
    package static let policy = HandlerPolicy(timeout: .seconds(6 * 3600))

    private let settings: ConnectionSettings
    private let roots: AllowedRoots
    private let client: HTTPClient

    /// - Parameters:
    ///   - settings: How to connect to the database of the jobs.
    ///   - roots: Absolute paths of the folders that files may be written to.
    ///   - network: Which addresses may be connected to.
    ///   - trusted: Who may vouch for servers; nil: those the system trusts.
    package init(
        _ settings: ConnectionSettings,
        roots: [String],
        network: NetworkGuard,
        trusting trusted: TrustedAuthorities?
    ) {
        self.settings = DataImport.settings(settings)
        self.roots = AllowedRoots(roots, for: "tasks may write to")
        client = HTTPClient(guardian: network, trusting: trusted)
    }

    package func perform(_ args: FetchArgs, _ context: JobContext) async throws {
        do throws(TaskFailure) {
            try fetch(args, context)
        } catch {
            throw error.directive
        }
    }

    private func fetch(_ args: FetchArgs, _ context: JobContext) throws(TaskFailure) {
        try FetchArgs.check(bytesMax: args.bytesMax, timeoutSeconds: args.timeoutSeconds)
        if let digest = args.sha256, digest.utf8.count != 64 || !digest.utf8.allSatisfy(\.isHexadecimal) {
            throw .refused("sha256 must be 64 hexadecimal digits")
        }
        let headers = try HTTPCall.headers(args.headers, reserved: FetchArgs.reservedHeaders)
        let session = try calling { () throws(PostgresError) in try Session(settings) }
        defer { session.close() }
        let former = try calling { () throws(PostgresError) in try JobSQL.readCursor(context.id, on: session) }
        let token = OutputFile.Token(job: context.id.rawValue, lease: context.lease.rawValue)
        let tag = former.flatMap(FetchTransfer.tag)
        let file = try roots.create(args.file, token, resuming: tag != nil)
        let transfer = FetchTransfer(file, args, tag: tag)
        transfer.saveTag = { (cursor: JSONText) throws(TaskFailure) in
            try calling { () throws(PostgresError) in
                try JobSQL.saveCursor(context.id, context.lease, cursor, on: session)
            }
        }
        do throws(TaskFailure) {
            try transfer.run(client, headers, context)
        } catch .refused(let reason) {
            throw .refused(reason)
        } catch {
            file.isKept = true
            throw error
        }
        try transfer.checkDigest()
        try file.publish { () throws(TaskFailure) in
            try calling { () throws(PostgresError) in try JobSQL.assertLease(context.id, context.lease, on: session) }
        }
        do throws(TuskError) {
            try context.setResult(transfer.result)
        } catch {
            throw .refused(error.description)
        }
    }
}

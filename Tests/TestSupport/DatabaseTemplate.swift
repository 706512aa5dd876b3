package import TuskPostgres

/// A database that tests get copies of. Made when first needed, once for all processes that test on the server: a copy
/// takes some 20 ms, preparing one may take much longer.
package struct DatabaseTemplate: Sendable {
    /// The name of the database it is kept in.
    let databaseName: String
    private let prepare: @Sendable (Session) throws -> Void

    /// A template with this name. `content` is whatever decides what `prepare` makes, such as the text of all
    /// migrations: another content is another template.
    package init(
        name: String,
        content: String = "",
        prepare: @escaping @Sendable (Session) throws -> Void
    ) {
        databaseName = "tusk_template_\(name)_\(Self.hash(content))"
        self.prepare = prepare
    }

    /// Nothing but what PostgreSQL itself puts in.
    package static let empty = DatabaseTemplate(name: "empty") { _ in }

    /// Makes the database unless it is there.
    ///
    /// Whoever holds the advisory lock makes it under another name and renames it when it is done, so a template that
    /// was left half-made by a killed process is never used.
    func make(on server: TestServer) throws {
        let session = try server.session()
        defer { session.close() }
        var key = Parameters()
        key.text(databaseName)
        guard try !exists(session, key) else { return }
        let lock = Statement(
            name: "lock_template",
            text: "select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended($1, 0))"
        )
        _ = try session.run(lock, key)
        guard try !exists(session, key) else { return }
        let draft = "\(databaseName)_draft"
        try server.run("drop database if exists \(draft) with (force)", on: session)
        try server.run("create database \(draft) template template0 encoding 'UTF8'", on: session)
        try fill(draft, of: server)
        try server.run("alter database \(draft) with allow_connections false", on: session)
        try server.run("alter database \(draft) rename to \(databaseName)", on: session)
    }

    private func exists(_ session: Session, _ key: Parameters) throws -> Bool {
        let statement = Statement(
            name: "find_template",
            text: "select from pg_catalog.pg_database where datname = $1",
            isReadOnly: true
        )
        return try session.run(statement, key).rowCount > 0
    }

    private func fill(_ database: String, of server: TestServer) throws {
        var settings = ConnectionSettings(conninfo: server.connectionString.with(database: database))
        settings.callTimeout = .seconds(60)
        let session = try Session(settings)
        defer { session.close() }
        try prepare(session)
    }

    /// FNV-1a in 64 bits. Source: IETF draft-eastlake-fnv.
    private static func hash(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}

package import TuskPostgres
import TuskStore

/// A database made for one run and dropped after it. A database and not a schema, because every statement of Tusk names
/// its own schema, `tusk`.
package struct BenchDatabase: Sendable {
    private static let createClassic = SQLCatalog.statement("create_classic", in: "bench")

    /// Its name, `tusk_bench_` and a random number.
    package let name: String
    /// What sessions connect with.
    package let settings: ConnectionSettings
    private let server: ConnectionSettings

    /// Makes one with the schema on the server that the settings lead to. Needs the right to create databases.
    package init(on server: ConnectionSettings) throws {
        self.server = server
        name = "tusk_bench_\(UInt32.random(in: 0 ... .max))"
        var own = server
        own.conninfo = server.conninfo.with(database: name)
        own.applicationName = "tusk-bench"
        // Filling and looking may take longer than a call of a service.
        own.callTimeout = .seconds(120)
        settings = own
        try Self.script("create database \(name)", server)
        do {
            let session = try session()
            defer { session.close() }
            _ = try session.migrate()
            try script(Self.createClassic)
        } catch {
            drop()
            throw error
        }
    }

    /// Drops it, whoever is connected.
    package func drop() {
        do {
            try Self.script("drop database if exists \(name) with (force)", server)
        } catch {
            // The caller has an error of its own, or figures to show. The name says what may be dropped.
            return
        }
    }

    /// A store on it.
    func store(sessionsMax: Int = 4) -> Store { Store(settings, sessionsMax: sessionsMax) }

    /// A session with its plans pinned as a worker's are.
    func session() throws -> StoreSession { try store().openSession(for: "loop") }

    /// Runs a file of statements separated by semicolons.
    func script(_ file: Statement) throws { try Self.script(file.text, settings) }

    private static func script(_ text: String, _ settings: ConnectionSettings) throws {
        do throws(PostgresError) {
            let session = try Session(settings)
            defer { session.close() }
            try session.script(text, deadline: .after(.seconds(120)))
        } catch {
            throw StoreError(error)
        }
    }
}

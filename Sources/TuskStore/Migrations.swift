import TuskCore
import TuskPostgres

/// One file of `sql/migrations`.
package struct Migration: Sendable, Hashable {
    /// The number in front of its name, from 1.
    package let version: Int
    /// The rest of its name.
    package let name: String
    /// The file.
    package let text: String
    /// SHA-256 of the file, in hexadecimal.
    package let checksum: String

    /// All migrations this program knows, in order.
    package static let all: [Migration] = {
        SQLCatalog.texts.compactMap { path, text in
            guard path.hasPrefix("migrations/"), path.hasSuffix(".sql") else { return nil }
            let file = path.dropFirst("migrations/".count).dropLast(".sql".count)
            guard let version = Int(file.prefix { $0 != "_" }) else {
                preconditionFailure("\(path) does not start with a number")
            }
            let name = String(file.drop { $0 != "_" }.dropFirst())
            let checksum = Digest.hexadecimal(Digest.sha256(text.utf8))
            return Migration(version: version, name: name, text: text, checksum: checksum)
        }.sorted { $0.version < $1.version }
    }()
}

/// How the schema in the database compares with what this program knows.
package enum SchemaState: Sendable, Hashable, CustomStringConvertible {
    /// They are the same.
    case current(version: Int)
    /// The database lacks migrations; the first of them.
    case behind(version: Int, missing: Int)
    /// The database has migrations that this program does not know.
    case ahead(version: Int, known: Int)
    /// A migration was applied in another form than this program's.
    case altered(version: Int, name: String)

    /// One line: what is so, and the command that mends it.
    package var description: String {
        switch self {
        case .current(let version):
            "schema version \(version) is current"
        case .behind(let version, let missing):
            "schema version \(version) lacks \(missing) migrations; run: tusk migrate up"
        case .ahead(let version, let known):
            "schema version \(version) is newer than this program, which knows \(known); install a newer tusk"
        case .altered(let version, let name):
            "migration \(version) (\(name)) was applied in another form; this program does not fit the database"
        }
    }
}

extension StoreSession {
    private static let createSchema = SQLCatalog.statement("create_schema")
    private static let createMigrationTable = SQLCatalog.statement("create_migration_table")
    private static let lockMigrations = SQLCatalog.statement("lock_migrations")
    private static let findMigrationTable = SQLCatalog.statement("find_migration_table", isReadOnly: true)
    private static let readMigrations = SQLCatalog.statement("read_migrations", isReadOnly: true)
    private static let recordMigration = SQLCatalog.statement("record_migration")
    /// How long one migration, and the wait for other processes that migrate, may take.
    private static let migrationTimeout = Duration.seconds(600)

    /// Compares the schema with what this program knows.
    package func schemaState() throws(StoreError) -> SchemaState {
        guard try run(Self.findMigrationTable).bool(0, 0) else {
            return .behind(version: 0, missing: Migration.all.count)
        }
        let rows = try run(Self.readMigrations)
        let known = Dictionary(uniqueKeysWithValues: Migration.all.map { ($0.version, $0) })
        var newest = 0
        for row in 0..<rows.rowCount {
            let version = Int(rows.int4(row, 0))
            newest = max(newest, version)
            guard let migration = known[version] else { continue }
            guard migration.checksum == rows.text(row, 2) else {
                return .altered(version: version, name: migration.name)
            }
        }
        let newestKnown = Migration.all.last?.version ?? 0
        if newest > newestKnown { return .ahead(version: newest, known: newestKnown) }
        let missing = Migration.all.count - rows.rowCount
        return missing == 0 ? .current(version: newest) : .behind(version: newest, missing: missing)
    }

    /// The migrations that were not applied yet, in order.
    package func pendingMigrations() throws(StoreError) -> [Migration] {
        guard try run(Self.findMigrationTable).bool(0, 0) else { return Migration.all }
        let rows = try run(Self.readMigrations)
        let applied = Set((0..<rows.rowCount).map { Int(rows.int4($0, 0)) })
        return Migration.all.filter { !applied.contains($0.version) }
    }

    /// Applies what is missing, each migration in a transaction of its own, and answers what it applied. Any number of
    /// processes may call it at once: a lock lets one at a time look and change. Throws `.schema` for a database that
    /// is ahead or altered, without touching it.
    package func migrate() throws(StoreError) -> [Migration] {
        var applied: [Migration] = []
        while let migration = try migrateOnce() { applied.append(migration) }
        try makePartitions()
        return applied
    }

    private func migrateOnce() throws(StoreError) -> Migration? {
        try transaction { session throws(StoreError) in
            _ = try session.run(Self.lockMigrations, deadline: .after(Self.migrationTimeout))
            switch try session.schemaState() {
            case .current: return nil
            case .ahead, .altered: throw .schema(try session.schemaState())
            case .behind: break
            }
            guard let migration = try session.pendingMigrations().first else { return nil }
            if migration.version == Migration.all.first?.version {
                _ = try session.run(Self.createSchema)
                _ = try session.run(Self.createMigrationTable)
            }
            do throws(PostgresError) {
                try session.session.script(migration.text, deadline: .after(Self.migrationTimeout))
            } catch {
                throw StoreError(error)
            }
            _ = try session.run(Self.recordMigration) {
                $0.int4(Int32(migration.version))
                $0.text(migration.name)
                $0.text(migration.checksum)
            }
            return migration
        }
    }
}

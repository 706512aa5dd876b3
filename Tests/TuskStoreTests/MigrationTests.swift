import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct MigrationTests {
    @Test func `ten processes that migrate at the same time apply each migration once`() async throws {
        try await withDatabase(.empty) { database in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await Lane.run("migrator \(number)") {
                            let session = StoreSession(try database.session())
                            defer { session.close() }
                            return try session.migrate().count
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == Migration.all.count)
            let session = StoreSession(try database.session())
            defer { session.close() }
            #expect(try session.schemaState() == .current(version: Migration.all.count))
            #expect(try session.migrate().isEmpty)
        }
    }

    @Test func `a new database is behind by all migrations`() async throws {
        try await withDatabase(.empty) { database in
            let session = StoreSession(try database.session())
            defer { session.close() }
            #expect(try session.schemaState() == .behind(version: 0, missing: Migration.all.count))
            #expect(try session.pendingMigrations() == Migration.all)
        }
    }

    @Test func `an altered migration and a newer schema are refused, and nothing is touched`() async throws {
        try await withDatabase(.migrated) { database in
            let session = StoreSession(try database.session())
            defer { session.close() }
            try database.script("insert into tusk.migration (version, name, checksum) values (9999, 'later', 'x')")
            let ahead = SchemaState.ahead(version: 9999, known: Migration.all.count)
            #expect(try session.schemaState() == ahead)
            #expect(throws: StoreError.schema(ahead)) { _ = try session.migrate() }
            try database.script("delete from tusk.migration where version = 9999")
            try database.script("update tusk.migration set checksum = 'x' where version = 2")
            let altered = SchemaState.altered(version: 2, name: "records")
            #expect(throws: StoreError.schema(altered)) { _ = try session.migrate() }
        }
    }

    @Test func `a migration that fails leaves nothing of itself`() async throws {
        try await withDatabase(.empty) { database in
            let session = StoreSession(try database.session())
            defer { session.close() }
            // Something in the way of the first migration.
            try database.script("create schema tusk; create table tusk.lease (x int)")
            #expect(throws: StoreError.self) { _ = try session.migrate() }
            #expect(try database.number("select count(*) from pg_class where relname = 'job'") == 0)
            try database.script("drop table tusk.lease")
            #expect(try session.migrate().count == Migration.all.count)
        }
    }

    @Test func `versions count from 1 without gaps`() {
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }

    @Test func `every file of sql is embedded`() throws {
        let root = URL(filePath: #filePath).appending(path: "../../../sql").standardized
        let found = try ["bench", "migrations", "queries"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
                .filter { $0.hasSuffix(".sql") }
                .map { "\(folder)/\($0)" }
        }
        #expect(Set(found) == Set(SQLCatalog.texts.keys))
        for path in found {
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            let isSame = SQLCatalog.texts[path] == text
            #expect(isSame, "\(path) is embedded in another form; build again")
        }
    }

    @Test func `schema.sql is what the migrations make`() async throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let stored = try String(contentsOf: root.appending(path: "sql/schema.sql"), encoding: .utf8)
        try await withDatabase(.migrated) { database in
            let dump = try Self.dump(database, root)
            #expect(dump == stored, "generate it again: Tests/schema-dump DATABASE_URL > sql/schema.sql")
        }
        try await withDatabase(.empty) { database in
            try database.script(stored)
            #expect(try Self.dump(database, root) == stored)
        }
    }

    private static func dump(_ database: TestDatabase, _ root: URL) throws -> String {
        let process = Process()
        process.executableURL = root.appending(path: "Tests/schema-dump")
        process.arguments = [database.connectionString.textWithPassword]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = try #require(try output.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `every table, column, view, function and type of the schema has a comment`() async throws {
        try await withDatabase(.migrated) { database in
            let bare = try database.texts(
                """
                select class.relname || coalesce('.' || attribute.attname, '')
                from pg_class as class
                left join lateral (
                    select attribute.attnum, attribute.attname
                    from pg_attribute as attribute
                    where attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
                    union all
                    select 0, null
                ) as attribute on true
                where
                    class.relnamespace = 'tusk'::regnamespace
                    and class.relkind in ('r', 'p', 'v', 'S')
                    and not (class.relispartition and (attribute.attnum > 0 or class.relname ~ '_[0-9]'))
                    and not (class.relkind = 'S' and attribute.attnum > 0)
                    and case attribute.attnum
                        when 0 then obj_description(class.oid, 'pg_class')
                        else col_description(class.oid, attribute.attnum)
                    end is null
                union all
                select proc.proname from pg_proc as proc
                where proc.pronamespace = 'tusk'::regnamespace and obj_description(proc.oid, 'pg_proc') is null
                """
            )
            #expect(bare.isEmpty)
        }
    }
}

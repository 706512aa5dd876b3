import Foundation
import TestSupport
import TuskPostgres

/// A database with Tusk's schema and the roles of `deploy/postgresql/roles.sql`, under names of their own: roles belong
/// to the whole server, on which other tests run.
struct RoleDatabase: Sendable {
    enum Role: String, CaseIterable {
        case owner, api, worker, scheduler, reader
    }

    /// The password of each of them.
    static let password = "for-a-test-alone"

    let database: TestDatabase

    /// Migrates an empty database as its owner and makes the others, twice, as the file promises.
    init(_ database: TestDatabase) async throws {
        self.database = database
        let owner = name(.owner)
        try database.script(
            """
            create role \(owner) login password '\(Self.password)';
            grant create on database \(database.name) to \(owner)
            """
        )
        let migrated = try await TuskProcess.run(["migrate", "up"], environment: environment(.owner))
        guard migrated.status == 0 else { throw FixtureError("migrated: \(migrated.errors)") }
        let roles = try DeployFile.text("deploy/postgresql/roles.sql")
            .replacing(/\btusk_(owner|api|worker|scheduler|reader)\b/) { "\($0.0)_\(database.name)" }
        for _ in 0..<2 { try database.script(roles) }
        for role in Role.allCases where role != .owner {
            try database.script("alter role \(name(role)) password '\(Self.password)'")
        }
    }

    /// Removes the roles, which outlive the database.
    func removeRoles() throws {
        let names = Role.allCases.map(name).joined(separator: ", ")
        try database.script("drop owned by \(names) cascade; drop role \(names)")
    }

    func name(_ role: Role) -> String { "tusk_\(role.rawValue)_\(database.name)" }

    /// The database for those who connect in this role.
    func acting(as role: Role) -> TestDatabase {
        let connection = database.connectionString.with("user", name(role)).with("password", Self.password)
        return TestDatabase(name: database.name, connectionString: connection)
    }

    /// The environment of a process in this role.
    func environment(_ role: Role) -> [String: String] {
        ["TUSK_DATABASE_URL": acting(as: role).connectionString.textWithPassword]
    }
}

/// Runs `body` with the roles, and removes them afterwards.
func withRoles(_ body: @escaping @Sendable (RoleDatabase) async throws -> Void) async throws {
    try await withDatabase { database in
        let roles = try await RoleDatabase(database)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(roles))
        } catch {
            result = .failure(error)
        }
        try roles.removeRoles()
        try result.get()
    }
}

import Glibc
import Synchronization
package import TuskPostgres

/// A database that one test has for itself.
package struct TestDatabase: Sendable {
    /// Its name on the server.
    package let name: String
    /// How to connect to it.
    package let connectionString: ConnectionString

    /// A database that a test has made by other means.
    package init(name: String, connectionString: ConnectionString) {
        self.name = name
        self.connectionString = connectionString
    }

    /// The settings to connect with, unless the test needs others.
    package var settings: ConnectionSettings {
        ConnectionSettings(conninfo: connectionString, applicationName: "tusk-test")
    }

    /// Opens a session.
    package func session() throws(PostgresError) -> Session {
        try Session(settings)
    }
}

private let lastNumber = Mutex(0)

/// Runs `body`, which may block, on a thread of its own with a new database made from a template. The database is
/// dropped at the end, also when `body` throws and when it left sessions open.
///
/// At most 8 databases are in use at once; others wait for their turn.
package func withDatabase<Answer: Sendable>(
    _ template: DatabaseTemplate = .empty,
    _ body: @Sendable (TestDatabase) async throws -> Answer
) async throws -> Answer {
    let server = try TestServer.named()
    await TestServer.places.enter()
    defer { TestServer.places.leave() }
    let number = lastNumber.withLock { last in
        last += 1
        return last
    }
    let name = "tusk_test_\(getpid())_\(number)"
    return try await Lane.run(name) {
        try template.make(on: server)
        let session = try server.session()
        defer { session.close() }
        try server.run("create database \(name) template \(template.databaseName)", on: session)
        let result: Result<Answer, any Error>
        do {
            let connectionString = server.connectionString.with(database: name)
            result = .success(try await body(TestDatabase(name: name, connectionString: connectionString)))
        } catch {
            result = .failure(error)
        }
        try server.run("drop database \(name) with (force)", on: session)
        return try result.get()
    }
}

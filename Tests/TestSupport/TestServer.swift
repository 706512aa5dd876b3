import Glibc
import Synchronization
package import TuskPostgres

/// The server that the environment names for tests.
package struct TestServer: Sendable {
    /// Where it is; the user may create databases.
    package let connectionString: ConnectionString

    /// Why there is none.
    package struct Missing: Error, CustomStringConvertible {
        /// What to do about it.
        package let description: String
    }

    /// How many databases tests have at once; each has up to a pool of connections.
    static let places = Turnstile(limit: 8)

    private static let shared = Mutex<TestServer?>(nil)

    /// The server of `TUSK_TEST_DATABASE_URL`.
    package static func named() throws -> TestServer {
        try shared.withLock { shared in
            if let shared { return shared }
            guard let text = getenv("TUSK_TEST_DATABASE_URL") else {
                throw Missing(description: "TUSK_TEST_DATABASE_URL is not set; run the tests with deploy/test.")
            }
            let server = TestServer(connectionString: try ConnectionString(String(cString: text)))
            shared = server
            return server
        }
    }

    /// Opens a session for creating and dropping databases.
    package func session(applicationName: String = "tusk-test") throws(PostgresError) -> Session {
        var settings = ConnectionSettings(conninfo: connectionString, applicationName: applicationName)
        settings.callTimeout = .seconds(60)
        settings.connectTimeout = .seconds(30)
        settings.needsUTF8 = false
        return try Session(settings)
    }

    /// Runs a command of ours, such as `create database`.
    func run(_ text: String, on session: Session) throws(PostgresError) {
        _ = try session.run(Statement(name: "test_setup", text: text))
    }
}

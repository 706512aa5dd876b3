import Foundation
import Glibc
import TestSupport
import TuskPostgres

/// PgBouncer in transaction mode in front of the test server, for as long as the object lives.
final class Pooler {
    private let process = Process()
    private let directory: URL
    let connectionString: ConnectionString

    /// Starts it for a database, with at most `size` sessions of the server, and waits until it answers.
    init(for database: TestDatabase, size: Int) async throws {
        let text = database.connectionString.textWithPassword
        // A socket in a directory of its own: a port of TCP may be somebody's, also for a moment.
        let port = 6432
        directory = URL(filePath: "/tmp/pooler-\(database.name)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        chmod(directory.path, 0o777)
        connectionString = database.connectionString.with(host: directory.path, port: port).with("password", nil)
        let configuration = """
            [databases]
            \(database.name) = \(text)
            [pgbouncer]
            listen_addr =
            listen_port = \(port)
            unix_socket_dir = \(directory.path)
            auth_type = any
            pool_mode = transaction
            default_pool_size = \(size)
            """
        let file = directory.appending(path: "pgbouncer.ini")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        // Found on the path, where deploy/test puts it.
        process.executableURL = URL(filePath: "/usr/bin/env")
        // As root it asks for a user to become.
        process.arguments = ["pgbouncer"] + (getuid() == 0 ? ["-u", "nobody"] : []) + ["-q", file.path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        let settings = ConnectionSettings(conninfo: connectionString, settingsScope: .transaction)
        try await eventually(within: .seconds(30), "pgbouncer") {
            do throws(PostgresError) { return try Session(settings).isUsable } catch { return false }
        }
    }

    deinit {
        // Dispatch's threads block SIGTERM, and a child inherits that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        do {
            try FileManager.default.removeItem(at: directory)
        } catch {
            print("left behind: \(directory.path)")
        }
    }
}

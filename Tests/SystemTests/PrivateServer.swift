import Foundation
import Glibc
import Synchronization
import TestSupport
import TuskPostgres

/// A PostgreSQL server that a test has for itself, to stop and start as it likes.
final class PrivateServer: Sendable {
    private let folder: URL
    private let binaries: String
    private let server = Mutex<ServiceProcess?>(nil)

    /// Makes and starts it. The folder of its programs is named by `TUSK_TEST_PGBIN`, which deploy/test sets.
    init() throws {
        guard let path = getenv("TUSK_TEST_PGBIN") else {
            throw FixtureError("TUSK_TEST_PGBIN is not set; run the tests with deploy/test")
        }
        binaries = String(cString: path)
        // A short path: that of a socket may have at most 107 bytes.
        folder = URL(filePath: "/tmp/tusk-own-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if getuid() == 0 {
            try Self.end(try ServiceProcess("/usr/bin/chown", ["postgres", folder.path]))
        }
        let arguments = ["--auth=trust", "--username=postgres", "--no-sync", "-D", data]
        try Self.end(try asServerUser("initdb", arguments))
        try start()
    }

    /// A server with the files of another one that does not run, as a standby that took over or a restored backup has
    /// them: the same system, on a new timeline.
    convenience init(promotedCopyOf other: PrivateServer) throws {
        try self.init()
        try stop()
        let copy = "rm -r \(data) && cp -a \(other.data) \(data) && touch \(data)/standby.signal"
        try Self.end(try ServiceProcess("/bin/sh", ["-c", "\(copy) && rm -f \(data)/postmaster.pid"]))
        try start()
        try database().script("select pg_promote()")
    }

    deinit {
        do {
            try stop()
            try FileManager.default.removeItem(at: folder)
        } catch {
            print("the server in \(folder.path) stays: \(error)")
        }
    }

    private var data: String { "\(folder.path)/data" }

    /// Its database `postgres`.
    func database() throws -> TestDatabase {
        let text = "host=\(folder.path) user=postgres dbname=postgres"
        return TestDatabase(name: "postgres", connectionString: try ConnectionString(text))
    }

    /// Starts it and waits until it answers.
    func start() throws {
        let settings = ["unix_socket_directories=\(folder.path)", "listen_addresses=", "max_connections=100"]
        let process = try asServerUser("postgres", ["-D", data] + settings.flatMap { ["-c", $0] })
        server.withLock { $0 = process }
        let database = try database()
        let end = ContinuousClock.now.advanced(by: .seconds(20))
        while true {
            do throws(PostgresError) {
                try database.session().close()
                return
            } catch {
                guard ContinuousClock.now < end else { throw error }
                Pace.wait(.milliseconds(20))
            }
        }
    }

    /// Stops it as a crash would: without a checkpoint, with all connections cut.
    func stop() throws {
        guard let process = server.withLock({ $0 }) else { return }
        process.send(SIGQUIT)
        try process.waitForEnd(within: .seconds(20))
        server.withLock { $0 = nil }
    }

    /// PostgreSQL does not run as root; setpriv becomes the program, so that signals reach it.
    private func asServerUser(_ program: String, _ arguments: [String]) throws -> ServiceProcess {
        let path = "\(binaries)/\(program)"
        guard getuid() == 0 else { return try ServiceProcess(path, arguments) }
        let user = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", path]
        return try ServiceProcess("/usr/bin/setpriv", user + arguments)
    }

    private static func end(_ process: ServiceProcess) throws {
        guard try process.waitForEnd() == 0 else { throw FixtureError(process.output) }
    }
}

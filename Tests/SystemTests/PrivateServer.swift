import Foundation
import Glibc
import TestSupport
import TuskPostgres

/// A PostgreSQL server that a test has for itself, to stop and start as it likes.
final class PrivateServer: Sendable {
    private let folder: URL
    private let binaries: String

    /// Makes and starts it. The folder of its programs is named by `TUSK_TEST_PGBIN`, which deploy/test sets.
    init() throws {
        guard let path = getenv("TUSK_TEST_PGBIN") else {
            throw FixtureError("TUSK_TEST_PGBIN is not set; run the tests with deploy/test")
        }
        binaries = String(cString: path)
        folder = URL(filePath: "/tmp/tusk-own-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if getuid() == 0 {
            try Self.command("/usr/bin/chown", ["postgres", folder.path])
        }
        try asServerUser("initdb", ["--auth=trust", "--username=postgres", "--no-sync", "-D", data])
        let settings = "\nunix_socket_directories = '\(folder.path)'\nlisten_addresses = ''\nmax_connections = 100\n"
        let file = try FileHandle(forWritingTo: URL(filePath: "\(data)/postgresql.conf"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(settings.utf8))
        try file.close()
        try start()
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
        try asServerUser("pg_ctl", ["-D", data, "-l", "\(folder.path)/log", "-w", "start"])
    }

    /// Stops it as a crash would: without a checkpoint, with all connections cut.
    func stop() throws {
        try asServerUser("pg_ctl", ["-D", data, "-m", "immediate", "-w", "stop"])
    }

    /// PostgreSQL does not run as root.
    private func asServerUser(_ program: String, _ arguments: [String]) throws {
        let path = "\(binaries)/\(program)"
        if getuid() == 0 {
            try Self.command("/usr/sbin/runuser", ["-u", "postgres", "--", path] + arguments)
        } else {
            try Self.command(path, arguments)
        }
    }

    private static func command(_ path: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(filePath: "/tmp")
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FixtureError("\(path) ended with status \(process.terminationStatus)")
        }
    }
}

import Foundation
import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

/// `tusk dev` with its private server. Each makes a cluster, so they run one after the other.
@Suite(.serialized)
struct DevTests {
    /// A directory for one `tusk dev`, with a short path that the server's user can reach.
    private func withDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = "/tmp/tusk-dev-test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { Files.remove(directory) }
        try await body(directory)
        let left = try TuskProcess.processes(with: directory)
        #expect(left.isEmpty, "processes are left: \(left)")
    }

    private func start(_ directory: String, _ arguments: [String] = []) async throws -> (TuskProcess, url: String) {
        let process = try TuskProcess(["dev", "--listen", "127.0.0.1:0"] + arguments, directory: directory)
        try await process.says("Ctrl-C ends it.")
        let url = process.output.split(separator: " ").first { $0.hasPrefix("http://") }
        return (process, String(try #require(url).dropLast()))
    }

    /// The private server of the process, by its socket in the line for psql.
    private func socketDirectory(_ process: TuskProcess) throws -> String {
        let line = try #require(process.output.split(separator: "\n").first { $0.contains("psql -h ") })
        return String(try #require(line.split(separator: " ").first { $0.hasPrefix("/") }))
    }

    @Test func `a first job runs by the line that it prints, and nothing is left at the end`() async throws {
        try await withDirectory { directory in
            let (process, url) = try await start(directory, ["--ephemeral"])
            let socket = try socketDirectory(process)
            let line = try #require(
                process.output.split(separator: "\n").first { $0.contains("curl -sS \(url)/v1/jobs -H") }
            )
            let command = String(line[try #require(line.range(of: "curl")).lowerBound...])
            let answer = try await TuskProcess.run(["-c", command], launcher: "/bin/sh")
            #expect(answer.output.contains("\"kind\":\"tusk.echo\""), "\(answer.output) \(answer.errors)")
            let object = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
            let id = try #require(object?["id"] as? String)
            let environment = ["TUSK_DATABASE_URL": "host=\(socket) user=postgres dbname=tusk"]
            let waited = try await TuskProcess.run(
                ["job", "wait", id, "--wait-timeout", "20s", "-o", "json"],
                environment: environment
            )
            #expect(waited.status == 0, "\(waited.errors)")
            #expect(waited.output.contains("\"result\":{\"hello\":\"world\"}"))
            let added = try await TuskProcess.run(
                ["job", "add", "tusk.noop", "--wait", "--wait-timeout", "20s"],
                environment: environment
            )
            #expect(added.status == 0, "\(added.errors)")
            #expect(try await TuskProcess.run(["health", "--ready", "--url", url]).status == 0)
            process.send(SIGINT)
            let ended = try await process.end(within: .seconds(20))
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(!FileManager.default.fileExists(atPath: socket))
            #expect(try TuskProcess.processes(with: socket).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test func `data is kept, a killed one does not block the next, and two do not share a directory`() async throws {
        try await withDirectory { directory in
            let (first, _) = try await start(directory)
            let second = try await TuskProcess.run(["dev", "--listen", "127.0.0.1:0"], directory: directory)
            #expect(second.status == 75)
            #expect(second.errors.contains("runs in \(directory)/.tusk already, as process \(first.processID)"))
            // Commands in the same directory find the private server by themselves.
            let added = try await TuskProcess.run(["job", "add", "kept", "-q"], directory: directory)
            #expect(added.status == 0, "\(added.errors)")
            let id = added.output.trimmingCharacters(in: .newlines)
            // So does a plain psql with the directory as its host.
            let plain = ["DATABASE_URL": "host=\(directory)/.tusk dbname=tusk"]
            #expect(try await TuskProcess.run(["job", "get", id], environment: plain).status == 0)
            first.send(SIGKILL)
            #expect(try await first.end().status == -SIGKILL)
            // What it leaves behind ends by itself, or by the next one.
            let (third, _) = try await start(directory)
            #expect(try await TuskProcess.run(["job", "get", id], directory: directory).status == 0)
            third.send(SIGTERM)
            #expect(try await third.end(within: .seconds(20)).status == 0)
            let none = try await TuskProcess.run(["job", "get", id], directory: directory)
            #expect(none.status == 69, "without a server there is no database")
            let left = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/.tusk").sorted()
            #expect(left == [".gitignore", "lock", "pg", "postgres.log", "socket"])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root runs the server as somebody else"))
    func `a directory that the server's user cannot reach is replaced by the same place each time`() async throws {
        try await withDirectory { directory in
            chmod(directory, 0o700)
            let place = "/var/tmp/tusk-dev-\(Files.identity(of: "\(directory)/.tusk"))"
            defer { Files.remove(place) }
            for round in 1...2 {
                let (process, _) = try await start(directory)
                #expect(process.errors.contains(place), "round \(round)")
                #expect(try await TuskProcess.run(["queue", "list"], directory: directory).status == 0)
                process.send(SIGINT)
                #expect(try await process.end(within: .seconds(20)).status == 0)
            }
        }
    }

    @Test func `a server that was left behind is ended before the next is started`() async throws {
        try await withDirectory { directory in
            chmod(directory, 0o711)
            let environment = ProcessInfo.processInfo.environment
            let user = try ServerUser.choose(environment).withoutBond
            let place = try PrivatePlace.lasting("\(directory)/base", user) { _ in }
            let first = try PrivateServer(in: place, user, environment, nil) { _ in }
            var notes: [String] = []
            let second = try PrivateServer(in: place, user, environment, nil) { notes.append($0) }
            #expect(notes.count == 1 && notes[0].contains("left behind"))
            #expect(first.hasEnded && !second.hasEnded)
            second.stop(now: false)
            #expect(second.hasEnded)
            // A file that names a process which is no server of this data is not believed.
            try Data("\(getpid())\n".utf8).write(to: URL(filePath: "\(place.data)/postmaster.pid"))
            try FormerServer.end(place.data) { _ in }
            place.removeTemporary()
        }
    }

    @Test func `a killed one takes its server along`() async throws {
        try #require(access("/usr/bin/setpriv", X_OK) == 0, "setpriv of util-linux ties the server to its parent")
        try await withDirectory { directory in
            let (process, _) = try await start(directory, ["--ephemeral"])
            let socket = try socketDirectory(process)
            process.send(SIGKILL)
            #expect(try await process.end().status == -SIGKILL)
            try await eventually(within: .seconds(20), "the end of the server") {
                try TuskProcess.processes(with: socket).isEmpty
            }
            Files.remove(URL(filePath: socket).deletingLastPathComponent().path)
        }
    }

    @Test func `a taken port is told before anything is made`() async throws {
        try await withDirectory { directory in
            let listener = try ServiceSocket()
            let line = ["dev", "--listen", "127.0.0.1:\(listener.port)"]
            let ended = try await TuskProcess.run(line, directory: directory)
            #expect(ended.status == 75)
            #expect(ended.errors.contains("port \(listener.port) is taken"))
            #expect(ended.errors.contains("--listen"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test func `an interrupt during the start ends it and its server`() async throws {
        try await withDirectory { directory in
            let process = try TuskProcess(["dev", "--listen", "127.0.0.1:0"], directory: directory)
            try await eventually(within: .seconds(20), "the making of the cluster") {
                FileManager.default.fileExists(atPath: "\(directory)/.tusk/pg.new") || process.status != nil
            }
            process.send(SIGINT)
            #expect(try await process.end(within: .seconds(20)).status == 130)
        }
    }

    @Test func `data of another version is refused with the version`() async throws {
        try await withDirectory { directory in
            let data = "\(directory)/.tusk/pg"
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            chmod("\(directory)/.tusk", 0o711)
            try Data("9\n".utf8).write(to: URL(filePath: "\(data)/PG_VERSION"))
            let ended = try await TuskProcess.run(["dev", "--listen", "127.0.0.1:0"], directory: directory)
            #expect(ended.status == 78)
            #expect(ended.errors.contains("made by PostgreSQL 9"), "\(ended.errors)")
        }
    }

    @Test func `a directory that is none or somebody else's is refused`() async throws {
        try await withDirectory { directory in
            try Data().write(to: URL(filePath: "\(directory)/file"))
            for place in ["\(directory)/file", "\(directory)/missing/below", "/proc/tusk"] {
                let line = ["dev", "--listen", "127.0.0.1:0", "--directory", place]
                let ended = try await TuskProcess.run(line, directory: directory)
                #expect(ended.status == 78, "\(place)")
                #expect(ended.errors.hasPrefix("tusk: "), "\(ended.errors)")
            }
        }
    }

    @Test func `a named database is used instead of a private server`() async throws {
        try await withDirectory { directory in
            try await withDatabase { database in
                let environment = ["DATABASE_URL": database.connectionString.textWithPassword]
                let process = try TuskProcess(
                    ["dev", "--listen", "127.0.0.1:0"],
                    environment: environment,
                    directory: directory
                )
                try await process.says("Ctrl-C ends it.")
                #expect(try database.number("select count(*) from tusk.worker") >= 0, "the schema is there")
                process.send(SIGINT)
                #expect(try await process.end(within: .seconds(20)).status == 0)
                #expect(!FileManager.default.fileExists(atPath: "\(directory)/.tusk"))
            }
        }
    }
}

extension ServerUser {
    /// The same without tying servers to the thread that starts them, because those of tests come and go.
    var withoutBond: ServerUser {
        ServerUser(name: name, userID: userID, groupID: groupID, prefix: prefix, setpriv: nil)
    }
}

/// A listening socket on a free port.
final class ServiceSocket {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard status else { throw FixtureError("a listening socket") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}

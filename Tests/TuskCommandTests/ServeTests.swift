import Foundation
import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

/// The processes that serve, started and ended by signals.
struct ServeTests {
    private func environment(_ database: TestDatabase) -> [String: String] {
        ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
    }

    /// The address in a log line `... admin http://127.0.0.1:1234 ...` or of the API.
    private func url(_ process: TuskProcess, after word: String) throws -> HTTPProbe.Target {
        let text = process.errors
        let place = try #require(text.range(of: word)).upperBound
        let address = text[place...].prefix { !$0.isWhitespace && $0 != "," && $0 != "\"" }
        return try #require(HTTPProbe.Target(String(address), path: "/"))
    }

    private func get(_ target: HTTPProbe.Target, _ path: String) throws -> HTTPProbe.Answer {
        try HTTPProbe.get(HTTPProbe.Target(host: target.host, port: target.port, path: path), limit: .seconds(5))
    }

    @Test func `a worker tells systemd of its start and its end, and ends with 0`() async throws {
        try await withDatabase(.migrated) { database in
            let folder = "/tmp/tusk-notify-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            defer { Files.remove(folder) }
            let manager = try NotifySocket("\(folder)/socket")
            var environment = environment(database)
            environment["NOTIFY_SOCKET"] = "\(folder)/socket"
            environment["WATCHDOG_USEC"] = "200000"
            let process = try TuskProcess(["worker", "--queues", "a,b"], environment: environment)
            try await eventually(within: .seconds(20), "READY: \(process.errors)") {
                manager.receive().contains { $0.hasPrefix("READY=1\nSTATUS=serving: worker with 8 slots for a, b") }
            }
            try await process.says("registered")
            try await eventually(within: .seconds(20), "signs of life") {
                manager.receive().filter { $0 == "WATCHDOG=1" }.count >= 3
            }
            process.send(SIGTERM)
            #expect(try await process.end(within: .seconds(20)).status == 0)
            #expect(manager.receive().contains { $0.hasPrefix("STOPPING=1\n") })
            #expect(try database.number("select count(*) from tusk.worker") == 0, "it has signed off")
        }
    }

    @Test func `a scheduler without an API can be watched`() async throws {
        try await withDatabase(.migrated) { database in
            let process = try TuskProcess(
                ["scheduler", "--admin-listen", "127.0.0.1:0", "--log-format", "logfmt", "-v"],
                environment: environment(database)
            )
            try await process.says("message=started")
            let target = try url(process, after: "admin=")
            #expect(try get(target, "/livez").body == #"{"status":"ok"}"#)
            try await eventually(within: .seconds(10)) {
                try get(target, "/readyz").body == #"{"ready":true,"reasons":[]}"#
            }
            #expect(try get(target, "/metrics").body.contains("# HELP"))
            #expect(try get(target, "/v1/jobs").status == 404)
            process.send(SIGHUP)
            try await process.says("SIGHUP does nothing")
            #expect(process.status == nil)
            process.send(SIGINT)
            #expect(try await process.end(within: .seconds(20)).status == 0)
        }
    }

    @Test func `all roles of a process share one listener and its metrics`() async throws {
        try await withDatabase(.migrated) { database in
            let process = try TuskProcess(
                ["all", "--listen", "127.0.0.1:0", "--log-format", "json", "--no-auth"],
                environment: environment(database)
            )
            try await process.says("\"message\":\"started\"")
            let target = try url(process, after: "\"api\":\"")
            let line = ["job", "add", "tusk.noop", "--wait", "--wait-timeout", "20s"]
            let ended = try await TuskProcess.run(line, environment: environment(database))
            #expect(ended.status == 0, "\(ended.errors)")
            let metrics = HTTPProbe.Target(host: target.host, port: target.port, path: "/metrics")
            for name in [
                "tusk_build_info", "tusk_log_lines_dropped_total", "tusk_http_requests_total", "tusk_scheduler_leader",
            ] {
                try await eventually(within: .seconds(10), name) {
                    try HTTPProbe.get(metrics, limit: .seconds(5), bodyMax: .max).body.contains("# TYPE \(name) ")
                }
            }
            process.send(SIGTERM)
            #expect(try await process.end(within: .seconds(20)).status == 0)
        }
    }

    @Test func `an API without keys says how to make one, and refuses`() async throws {
        try await withDatabase(.migrated) { database in
            let process = try TuskProcess(
                ["api", "--listen", "127.0.0.1:0", "--log-format", "json"],
                environment: environment(database)
            )
            try await process.says("tusk key create")
            try await process.says("\"message\":\"started\"")
            let target = try url(process, after: "\"api\":\"")
            #expect(try get(target, "/v1/jobs").status == 401)
            #expect(try get(target, "/readyz").status == 200)
            let second = try await TuskProcess.run(
                ["api", "--listen", "127.0.0.1:\(target.port)"],
                environment: environment(database)
            )
            #expect(second.status == 75)
            #expect(second.errors.contains("port \(target.port) is taken"))
            process.send(SIGTERM)
            // Before it accepts nothing more it says that it goes away.
            try await eventually(within: .seconds(10), "draining at /readyz") {
                try get(target, "/readyz").body.contains("draining")
            }
            for _ in 0..<20 { #expect(try get(target, "/readyz").status == 503, "it still accepts") }
            #expect(try await process.end(within: .seconds(20)).status == 0)
        }
    }

    @Test func `a worker shows what it counts`() async throws {
        try await withDatabase(.migrated) { database in
            let process = try TuskProcess(
                ["worker", "--admin-listen", "127.0.0.1:0", "--log-format", "logfmt"],
                environment: environment(database)
            )
            try await process.says("message=started")
            let target = try url(process, after: "admin=")
            let line = ["job", "add", "tusk.noop", "--wait", "--wait-timeout", "20s"]
            #expect(try await TuskProcess.run(line, environment: environment(database)).status == 0)
            let metrics = HTTPProbe.Target(host: target.host, port: target.port, path: "/metrics")
            try await eventually(within: .seconds(10), "the count of the job") {
                try HTTPProbe.get(metrics, limit: .seconds(5), bodyMax: .max).body
                    .contains("tusk_jobs_claimed_total{queue=\"default\"} 1")
            }
            process.send(SIGTERM)
            #expect(try await process.end(within: .seconds(20)).status == 0)
        }
    }

    @Test func `a second signal ends a drain at once, and the job goes back unharmed`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database)
            let line = ["job", "add", "tusk.sleep", "--args", "{\"seconds\":600}", "-q"]
            let id = try await TuskProcess.run(line, environment: environment).output.trimmingCharacters(in: .newlines)
            let process = try TuskProcess(["worker", "--drain-timeout", "10m"], environment: environment)
            try await eventually(within: .seconds(20), "the start of the job: \(process.errors)") {
                try await TuskProcess.run(["job", "get", id], environment: environment).output.contains("running")
            }
            process.send(SIGTERM)
            try await process.says("a second signal ends it at once")
            #expect(process.status == nil)
            process.send(SIGTERM)
            #expect(try await process.end(within: .seconds(10)).status == 0)
            let shown = try await TuskProcess.run(["job", "get", id, "-o", "json"], environment: environment)
            #expect(shown.output.contains("\"state\":\"available\""), "\(shown.output)")
            #expect(shown.output.contains("\"attempt\":0"), "\(shown.output)")
        }
    }

    @Test func `a server that may forget is refused unless it is allowed`() async throws {
        let user = try ServerUser.choose(ProcessInfo.processInfo.environment).withoutBond
        let place = try PrivatePlace.passing(user)
        defer { place.removeTemporary() }
        let server = try PrivateServer(
            in: place,
            user,
            ProcessInfo.processInfo.environment,
            nil,
            settings: ["fsync=off"],
            note: { _ in }
        )
        defer { server.stop(now: true) }
        let environment = ["TUSK_DATABASE_URL": server.connection]
        #expect(try await TuskProcess.run(["migrate", "up"], environment: environment).status == 0)
        let refused = try await TuskProcess.run(["worker"], environment: environment)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("fsync=off"))
        let process = try TuskProcess(["worker", "--allow-unsafe-server"], environment: environment)
        try await process.says("started")
        process.send(SIGTERM)
        #expect(try await process.end(within: .seconds(20)).status == 0)
    }
}

/// A socket as a service manager has it.
final class NotifySocket {
    private let descriptor: Int32
    private var messages: [String] = []

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = descriptor
        let status = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else { throw FixtureError("a socket at \(path)") }
    }

    deinit { close(descriptor) }

    /// All messages so far.
    func receive() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }
}

import Foundation
import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

/// Spans of a whole service, taken by a receiver and read by OpenTelemetry's own schema.
struct TraceExportTests {
    /// A span as `check_otlp.py` prints it.
    private struct Seen: Decodable, Sendable {
        let service, key, name, kind, trace, span, parent: String
        let links: [String]
        let status: Int
        let attributes: [String: Value]
    }

    private enum Value: Decodable, Equatable, Sendable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            do {
                self = .number(try container.decode(Int.self))
            } catch {
                self = .text(try container.decode(String.self))
            }
        }
    }

    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let client = "b7ad6b7169203331"

    private static var fixtures: String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures").standardized.path
    }

    /// The first Python on PATH that knows OpenTelemetry's schema.
    private static func python() async throws -> String {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for path in paths.map({ "\($0)/python3" }) where access(path, X_OK) == 0 {
            let program = "import google.protobuf, opentelemetry.proto"
            if try await TuskProcess.run(["-c", program], launcher: path).status == 0 { return path }
        }
        throw FixtureError("no python3 on PATH has opentelemetry-proto; deploy/test installs it")
    }

    /// Runs a service that exports to a receiver; `body` gets its address, and what was exported so far.
    private func withService(
        sending headers: String = "",
        _ body: @Sendable (String, TestDatabase, @Sendable () async throws -> [Seen]) async throws -> Void
    ) async throws {
        let python = try await Self.python()
        try await withDatabase(.migrated) { database in
            let folder = try Files.makeTemporary()
            defer { Files.remove(folder) }
            let receiver = try TuskProcess(["\(Self.fixtures)/otlp_receiver.py", folder], launcher: python)
            try await eventually(within: .seconds(30), "a port; \(receiver.errors)") {
                access("\(folder)/port", R_OK) == 0
            }
            let port = try String(contentsOfFile: "\(folder)/port", encoding: .utf8)
            let service = try TuskProcess(
                ["all", "--no-auth", "--listen", "127.0.0.1:0", "--log-format", "logfmt"],
                environment: [
                    "TUSK_DATABASE_URL": database.connectionString.textWithPassword,
                    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(port)", "OTEL_SERVICE_NAME": "shop",
                    "OTEL_EXPORTER_OTLP_HEADERS": headers,
                ]
            )
            try await service.says("message=started")
            let url = try #require(service.errors.firstMatch(of: /api=(http:\S+)/).map { String($0.1) })
            try await body(url, database) {
                let checked = try await TuskProcess.run(["\(Self.fixtures)/check_otlp.py", folder], launcher: python)
                try #require(checked.status == 0, "\(checked.errors)")
                return try checked.output.split(separator: "\n").map {
                    try JSONDecoder().decode(Seen.self, from: Data($0.utf8))
                }
            }
            service.send(SIGTERM)
            #expect(try await service.end().status == 0)
        }
    }

    private func post(_ url: String, _ body: String, _ headers: [String] = []) async throws {
        let fields = (headers + ["Content-Type: application/json"]).flatMap { ["-H", $0] }
        let line = ["curl", "-sSf", url] + fields + ["-d", body]
        let ended = try await TuskProcess.run(line, launcher: "/usr/bin/env")
        try #require(ended.status == 0, "\(ended.errors)")
    }

    @Test func `an enqueue and its attempt are spans of the client's trace, linked to each other`() async throws {
        try await withService(sending: "X-Key=a%20b") { url, database, exported in
            let parent = "traceparent: 00-\(Self.trace)-\(Self.client)-01"
            try await post("\(url)/v1/jobs", #"{"kind":"tusk.echo","args":{"a":1}}"#, [parent])
            try await eventually(within: .seconds(60), "both spans") { try await exported().count >= 2 }
            let spans = try await exported()
            let send = try #require(spans.first { $0.kind == "SPAN_KIND_PRODUCER" })
            let process = try #require(spans.first { $0.kind == "SPAN_KIND_CONSUMER" })
            #expect(spans.count == 2 && send.service == "shop" && send.key == "a b")
            #expect(send.trace == Self.trace && send.parent == Self.client && send.name == "send default")
            #expect(process.trace == Self.trace && process.name == "process default" && process.status == 0)
            #expect(process.links == ["\(Self.trace)-\(send.span)"] && process.parent == send.span)
            for (name, text) in [
                ("messaging.system", "tusk"), ("messaging.destination.name", "default"),
                ("messaging.operation.type", "process"), ("messaging.message.id", "1024"),
                ("messaging.tusk.job_kind", "tusk.echo"),
                ("messaging.tusk.job_outcome", "completed"),
            ] {
                #expect(process.attributes[name] == .text(text), "\(name)")
            }
            #expect(send.attributes["messaging.operation.name"] == .text("send"))
            #expect(process.attributes["messaging.tusk.job_attempt"] == .number(1))
            // What a worker elsewhere finds with the job is the span of the enqueue.
            let stored = try database.texts("select traceparent from tusk.jobs")
            #expect(stored == ["00-\(Self.trace)-\(send.span)-01"])
        }
    }

    @Test func `a failed attempt has its error, a bulk request one span, and what SQL enqueued its own trace`()
        async throws
    {
        try await withService { url, database, exported in
            try await post("\(url)/v1/jobs:bulk", #"{"jobs":[{"kind":"tusk.echo"},{"kind":"tusk.echo"}]}"#)
            try database.script(
                "select tusk.enqueue('tusk.sleep', traceparent => '00-\(Self.trace)-\(Self.client)-01')"
            )
            try await eventually(within: .seconds(60), "four spans") { try await exported().count >= 4 }
            let spans = try await exported()
            let bulk = try #require(spans.first { $0.kind == "SPAN_KIND_PRODUCER" })
            #expect(bulk.attributes["messaging.batch.message_count"] == .number(2))
            let creation = "\(bulk.trace)-\(bulk.span)"
            #expect(spans.count { $0.links.contains(creation) } == 2)
            try Self.expectFailure(in: spans)
        }
    }

    private static func expectFailure(in spans: [Seen]) throws {
        let failed = try #require(spans.first { $0.trace == trace })
        #expect(failed.parent == client && failed.status == 2)
        #expect(failed.attributes["error.type"] == .text("discarded"))
    }

    @Test func `what a client does not record is not exported, and what it is called goes on as it came`() async throws
    {
        try await withService { url, database, exported in
            let parent = "00-\(Self.trace)-\(Self.client)-00"
            try await post("\(url)/v1/jobs", #"{"kind":"tusk.echo"}"#, ["traceparent: \(parent)"])
            try await post("\(url)/v1/jobs", #"{"kind":"tusk.echo","queue":"default"}"#)
            try await eventually(within: .seconds(60), "two spans") { try await exported().count >= 2 }
            #expect(try await exported().allSatisfy { $0.trace != Self.trace })
            #expect(try database.texts("select traceparent from tusk.jobs where id = 1024") == [parent])
        }
    }

    @Test func `a wrong endpoint is refused at the start`() async throws {
        let wrong = try await TuskProcess.run(
            ["worker"],
            environment: ["OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318", "TUSK_DATABASE_URL": "host=/nowhere"]
        )
        #expect(wrong.status == 78 && wrong.errors.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "\(wrong)")
    }
}

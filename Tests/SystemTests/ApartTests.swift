import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// The processes of a real deployment, started apart against one database.
@Suite struct ApartTests {
    @Test func `an API, two workers and a scheduler do together what tusk dev does in one process`() async throws {
        try await withDatabase(.migrated) { database in
            try database.script(
                """
                create table public.airports (iata text primary key, name text, city text, state text, country text,
                    latitude float8, longitude float8)
                """
            )
            let environment = ["DATABASE_URL": database.connectionString.textWithPassword]
            let fixtures = URL(filePath: #filePath).appending(path: "../../Fixtures").standardized.path
            let api = try ServiceProcess(
                "tusk",
                ["api", "--listen", "127.0.0.1:0", "--no-auth", "--log-format", "json"],
                environment: environment
            )
            let workers = try (0..<2).map { _ in
                try ServiceProcess(
                    "tusk",
                    ["worker", "--import-root", fixtures, "--tables", "public.airports"],
                    environment: environment
                )
            }
            let scheduler = try ServiceProcess("tusk", ["scheduler"], environment: environment)
            try await eventually(within: .seconds(20), "an address") { Self.address(in: api.output) != nil }
            let base = "http://\(try #require(Self.address(in: api.output)))"
            let session = try database.storeSession()
            defer { session.close() }
            try await eventually(within: .seconds(20), "two workers") { try session.fleet().liveWorkers == 2 }

            // Jobs at once and later, an import of a real file, and a schedule.
            let now = try Self.enqueue(base, #"{"kind":"tusk.echo","args":{"hello":"world"}}"#)
            let later = try Self.enqueue(base, #"{"kind":"tusk.echo","delay_seconds":1}"#)
            let file = "\(fixtures)/airports.csv"
            let load = try Self.enqueue(
                base,
                #"{"kind":"data.import","args":{"file":"\#(file)","table":"airports"}}"#
            )
            let schedule = #"{"cron":"* * * * *","time_zone":"Europe/Rome","job":{"kind":"tusk.echo"}}"#
            #expect(try Self.curl(["-X", "PUT", "-d", schedule, "\(base)/v1/schedules/minutely"]).contains("minutely"))
            for id in [now, later, load] {
                try await eventually(within: .seconds(30), "the end of job \(id)") {
                    try session.job(id)?.state == .completed
                }
            }
            #expect(try session.job(now)?.result?.text == #"{"hello":"world"}"#)
            #expect(try database.number("select count(*) from public.airports") == 3376)
            #expect(try session.schedule("minutely") != nil)
            #expect(try Self.curl(["\(base)/readyz"]).contains("true"))

            for process in [api, scheduler] + workers { process.send(SIGTERM) }
            for process in [api, scheduler] + workers {
                #expect(try process.waitForEnd(within: .seconds(30)) == 0, "\(process.output)")
            }
        }
    }

    /// The first `127.0.0.1:port` that a process wrote.
    private static func address(in output: String) -> String? {
        output.firstMatch(of: /127\.0\.0\.1:[1-9][0-9]*/).map { String($0.output) }
    }

    private static func enqueue(_ base: String, _ job: String) throws -> JobID {
        let answer = try curl(["-d", job, "\(base)/v1/jobs"])
        let document = try JSONDocument(validating: Array(answer.utf8), limits: .body)
        return try #require(document.root.member("id")?.string.flatMap { JobID($0) }, "\(answer)")
    }

    private static func curl(_ arguments: [String]) throws -> String {
        let process = try ServiceProcess(
            "/usr/bin/curl",
            ["-sS", "-m", "20", "-H", "Content-Type: application/json"] + arguments
        )
        guard try process.waitForEnd() == 0 else { throw FixtureError("curl: \(process.output)") }
        return process.output
    }
}

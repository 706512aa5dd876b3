import Foundation
import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

/// The OpenAPI description, judged by programs that read such descriptions.
struct OpenAPITests {
    /// Runs a body with the address of an API that needs no keys, and an empty directory.
    private func withService(
        _ body: @Sendable (_ url: String, _ directory: String) async throws -> Void
    ) async throws {
        try await withDatabase(.migrated) { database in
            let api = try TuskProcess(
                ["api", "--no-auth", "--listen", "127.0.0.1:0", "--log-format", "logfmt"],
                environment: ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            )
            try await api.says("message=started")
            let url = try #require(api.errors.firstMatch(of: /api=(http:\S+)/).map { String($0.1) }, "\(api.errors)")
            let directory = try Files.makeTemporary()
            defer { Files.remove(directory) }
            try await body(url, directory)
            #expect(!api.errors.contains("level=error"), "\(api.errors)")
        }
    }

    private func run(_ line: [String], in directory: String) async throws -> TuskProcess.Ended {
        let tool = try TuskProcess(line, directory: directory, launcher: "/usr/bin/env")
        let ended = try await tool.end(within: .seconds(240))
        try #require(ended.status != 127, "\(line[0]) is not on PATH; deploy/test installs it")
        return ended
    }

    @Test func `it follows the specification`() async throws {
        try await withService { url, directory in
            let fetched = try await run(["curl", "-sSf", "-o", "openapi.json", "\(url)/openapi.json"], in: directory)
            try #require(fetched.status == 0, "\(fetched.errors)")
            let judged = try await run(["openapi-spec-validator", "openapi.json"], in: directory)
            #expect(judged.status == 0, "\(judged.output)\(judged.errors)")
        }
    }

    @Test func `the command prints what a server serves, without one`() async throws {
        try await withService { url, directory in
            let fetched = try await run(["curl", "-sSf", "\(url)/openapi.json"], in: directory)
            let printed = try await TuskProcess.run(["openapi"])
            #expect(printed.status == 0 && printed.output == fetched.output + "\n", "\(printed.errors)")
        }
    }

    @Test func `whatever is sent, the server answers with what is described, and never with 5xx`() async throws {
        try await withService { url, directory in
            let settings = "[phases.coverage]\nunexpected-methods = [\"PATCH\", \"DELETE\", \"TRACE\"]\n"
            try settings.write(toFile: "\(directory)/schemathesis.toml", atomically: true, encoding: .utf8)
            let checks = [
                "not_a_server_error", "status_code_conformance", "content_type_conformance",
                "response_schema_conformance",
            ]
            // Streams and claims wait, as they should.
            let judged = try await run(
                [
                    "schemathesis", "run", "\(url)/openapi.json", "--checks", checks.joined(separator: ","),
                    "--phases", "fuzzing,coverage", "--max-examples", "15", "--seed", "1", "--exclude-path-regex",
                    "events$|claims$",
                    "--request-timeout", "20", "--no-color",
                ],
                in: directory
            )
            #expect(judged.status == 0, "\(judged.output.suffix(20_000))\(judged.errors)")
            #expect(judged.output.contains("generated"))
        }
    }
}

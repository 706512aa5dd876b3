import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// Servers whose certificate nobody vouches for.
@Suite struct TLSTests {
    private static let refusal = "the request failed: ssl peer certificate or ssh remote key was not ok"

    @Test(arguments: ["http.request", "data.fetch"])
    func `a server with a certificate of its own making is not asked`(kind: String) async throws {
        try await withImports(.migrated) { fixture in
            let server = try TLSServer()
            defer { #expect(throws: Never.self) { try server.end() } }
            let more = kind == "data.fetch" ? #", "file": "a.txt""# : ""
            let job = try await fixture.run(kind, #"{"url": "\#(server.url)"\#(more)}"#)
            #expect(job.state == .discarded)
            #expect(job.error == Self.refusal)
            #expect(job.result == nil)
            #expect(try !fixture.files.contains("a.txt"))
        }
    }

    @Test func `nor is it told of a job`() async throws {
        let server = try TLSServer()
        defer { #expect(throws: Never.self) { try server.end() } }
        try await withWebhook(server.url) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(!job.state.isFinal)
            #expect(job.error == Self.refusal)
        }
    }
}

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

    @Test func `a server is asked when who vouches for it is trusted, and no other`() throws {
        let servers = try (0..<2).map { _ in try TLSServer() }
        defer { for server in servers { #expect(throws: Never.self) { try server.end() } } }
        let given = servers[0].certificate
        let trusted = try TrustedAuthorities(Array("# ours\n".utf8) + given + given, system: [])
        #expect(trusted.count == 2)
        let network = NetworkGuard(allowing: [try #require(Network("127.0.0.1"))])
        let client = HTTPClient(guardian: network, trusting: trusted)
        let ask = { (url: String) throws in
            let call = HTTPCall(url: url, timeout: .seconds(10))
            return try client.perform(call, shouldStop: { false }, onHead: { _ in }, onBody: { _ in }).status
        }
        #expect(try ask(servers[0].url) == 200)
        #expect(throws: TaskFailure.unreadable(Self.refusal)) { try ask(servers[1].url) }
        // Who is trusted vouches for a name, not for whoever has it.
        #expect(throws: TaskFailure.self) { try ask("https://127.0.0.2:\(servers[0].port)/") }
    }

    @Test func `tasks and webhooks trust whom the configuration names`() async throws {
        let server = try TLSServer()
        defer { #expect(throws: Never.self) { try server.end() } }
        let trusted = try TrustedAuthorities(server.certificate, system: [])
        let (url, key) = (server.url, try #require(WebhookKey(Secrets.texts[0])))
        try await withWorker {
            $0.webhooks = [WebhookSpec(kind: "work", url: url, keys: [key])]
            $0.networks = [Network("127.0.0.1")].compactMap { $0 }
            $0.allowsRequests = true
            $0.trusted = trusted
        } _: { bench in
            let asked = try await bench.ended(try bench.enqueue("http.request", #"{"url":"\#(url)"}"#))
            #expect(asked.state == .completed, "\(asked.error ?? "")")
            // It answers nothing but GET, so what is posted to it runs out of time instead of being refused.
            let told = try await bench.ended(try bench.enqueue(timeout: .seconds(1)))
            #expect(told.error != nil && told.error != Self.refusal)
        }
    }

    @Test(arguments: [
        ("", TrustedAuthorities.Fault.none), ("no certificate", .none),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", .unreadable(number: 1)),
        ("-----BEGIN CERTIFICATE-----\n", .unreadable(number: 1)),
    ])
    func `what is no certificate is not trusted`(text: String, fault: TrustedAuthorities.Fault) {
        #expect(throws: fault) { try TrustedAuthorities(Array(text.utf8), system: []) }
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

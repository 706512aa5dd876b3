import Foundation
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// How far a receiver can go, and where none is asked at all.
@Suite struct WebhookLimitTests {
    private static let refusal = "the server's address is not one that the configuration allows"

    /// Each stands for this machine, in some way to write it.
    @Test(arguments: ["127.0.0.1", "0x7f000001", "[::ffff:127.0.0.1]", "2130706433", "localhost", "0.0.0.0"])
    func `a receiver that is not public is refused without a connection`(host: String) async throws {
        let server = try LoopbackServer { _ in answer("200 OK") }
        try await withWebhook("http://\(host):\(server.port)/", networks: []) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(!job.state.isFinal)
            #expect(job.error == Self.refusal)
            #expect(server.connections == 0)
        }
    }

    @Test func `the address of a cloud's secrets is refused at once`() async throws {
        try await withWebhook("http://169.254.169.254/latest/", networks: ["127.0.0.1"]) { bench in
            let start = ContinuousClock.now
            let job = try await bench.ended(try bench.enqueue())
            #expect(job.error == Self.refusal)
            #expect(start.duration(to: .now) < .seconds(10))
        }
    }

    @Test func `a redirect to an address that is not public is not followed`() async throws {
        let target = try LoopbackServer { _ in answer("200 OK") }
        let location = "\(target.url)/"
        let server = try LoopbackServer { _ in answer("307 Moved", "Location: \(location)\r\n") }
        try await withWebhook(server.url) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(!job.state.isFinal)
            #expect(job.error == "the receiver answered 307 to \(location), and redirects are not followed")
            #expect(target.connections == 0)
        }
    }

    @Test func `a receiver that is not there is tried again`() async throws {
        let port = try LoopbackServer { _ in "" }.port
        try await withWebhook("http://127.0.0.1:\(port)/") { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(!job.state.isFinal)
            #expect(job.error?.hasPrefix("the request failed: ") == true, "\(job.error ?? "")")
        }
    }

    @Test(arguments: [
        (100_000, "it is longer than 65536 bytes"),
        (WebhookTask.answerBytesMax + 100_000, "it is longer than 65536 bytes"),
    ])
    func `a long answer is no result, and what is beyond the limit is not waited for`(
        count: Int,
        words: String
    ) async throws {
        let server = try LoopbackServer { _ in
            // More is promised than comes, where it must not matter.
            let promised = count > WebhookTask.answerBytesMax ? count * 2 : count
            return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(promised)\r\n\r\n"
                + "\"\(String(repeating: "x", count: count - 2))\""
        }
        try await withWebhook(server.url) { bench in
            let id = try bench.enqueue()
            let job = try await bench.ended(id)
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(job.job.result == nil)
            try await eventually { try bench.lines(id).count == 1 }
            #expect(try bench.lines(id) == ["the receiver's answer is not kept as the result: \(words)"])
        }
    }

    @Test func `an answer that is no JSON and said it was is told of`() async throws {
        let server = try LoopbackServer { _ in answer("200 OK", "Content-Type: application/json\r\n", "[1,]") }
        try await withWebhook(server.url) { bench in
            let id = try bench.enqueue()
            #expect(try await bench.ended(id).state == .completed)
            try await eventually { try bench.lines(id).count == 1 }
            #expect(try bench.lines(id)[0].hasPrefix("the receiver's answer is not kept as the result: "))
        }
    }

    @Test func `a receiver that does not answer has as long as the job`() async throws {
        let server = try LoopbackServer(keepsOpen: true) { _ in "" }
        try await withWebhook(server.url) { bench in
            let start = ContinuousClock.now
            let job = try await bench.ended(try bench.enqueue(timeout: .seconds(1)))
            #expect(!job.state.isFinal)
            #expect((.seconds(1) ..< .seconds(10)).contains(start.duration(to: .now)))
            #expect(job.error?.isEmpty == false)
            try await eventually { server.closedConnections == 1 }
        }
    }

    @Test func `a job that is cancelled lets go of its receiver`() async throws {
        let server = try LoopbackServer(keepsOpen: true) { _ in "" }
        try await withWebhook(server.url) { bench in
            let id = try bench.enqueue()
            try await eventually { server.requests.count == 1 }
            let session = try bench.database.storeSession()
            defer { session.close() }
            _ = try session.cancel(id, by: "test", reason: nil)
            // Long before its time of 30 seconds is over.
            try await eventually(within: .seconds(10)) { server.closedConnections == 1 }
            #expect(try await bench.ended(id).state == .cancelled)
        }
    }

    @Test func `jobs that follow each other share a connection`() async throws {
        let server = try LoopbackServer(keepsOpen: true) { _ in answer("200 OK", "", "1") }
        try await withWebhook(server.url) { bench in
            for _ in 0..<5 {
                let job = try await bench.ended(try bench.enqueue())
                #expect(job.state == .completed)
            }
            #expect(server.requests.count == 5)
            #expect(server.connections == 1)
        }
    }

    @Test func `a secret is not shown, however it is printed`() throws {
        let key = try #require(WebhookKey(Secrets.texts[0]))
        let spec = WebhookSpec(kind: "work", url: "http://127.0.0.1/", keys: [key])
        var dumped = ""
        dump(spec, to: &dumped)
        let texts = ["\(key)", String(reflecting: key), "\(spec)", String(reflecting: [spec]), dumped]
        for text in texts {
            // The first byte of the secret, as numbers are printed, and the secret as it is written.
            #expect(!text.contains("49, 242") && !text.contains("49\n") && !text.contains("MfKQ"), "\(text)")
        }
    }
}

import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

@Suite struct HTTPTaskTests {
    private static func ok(_ body: String, _ headers: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `a request is signed, and its answer is the result`() async throws {
        try await withImports(.migrated) { fixture in
            let server = try LoopbackServer { _ in Self.ok("it is \"done\" \u{E9}") }
            let args = #"{"url": "\#(server.url)/hook", "json": {"a":  1.0}, "headers": {"X-A": "b"}}"#
            let job = try await fixture.run("http.request", args)
            #expect(job.state == .completed, "\(job.error ?? "")")
            let body = #""it is \"done\" \#u{E9}""#
            #expect(job.result?.text == #"{"status":200,"content_type":"text/plain","bytes":15,"body":\#(body)}"#)
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("POST /hook HTTP/1.1\r\n"))
            #expect(request.hasSuffix("\r\n\r\n" + #"{"a":  1.0}"#))
            #expect(request.contains("\r\nX-A: b\r\n"))
            #expect(request.contains("\r\nContent-Type: application/json\r\n"))
            #expect(request.contains("\r\nwebhook-id: \(job.id.rawValue)\r\n"))
            #expect(request.contains("\r\nwebhook-signature: v1,"))
        }
    }

    /// The example of the Standard Webhooks specification's reference libraries.
    @Test func `the signature is that of Standard Webhooks`() throws {
        let key = try #require(WebhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let body = Array(#"{"test": 2432232314}"#.utf8)
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
        let headers = WebhookKey.headers(signedWith: [key], id: id, timestamp: 1_614_265_330, body: body)
        #expect(headers.last?.value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        for text in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] {
            #expect(WebhookKey(text) == nil)
        }
    }

    @Test func `a server that is busy is asked again when it says`() async throws {
        try await withImports(.migrated) { fixture in
            let count = Mutex(0)
            let server = try LoopbackServer { _ in
                let number = count.withLock {
                    $0 += 1
                    return $0
                }
                return number == 1 ? "HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" : Self.ok("now")
            }
            let job = try NewJob.test("http.request", args: #"{"url": "\#(server.url)"}"#, maxAttempts: 3)
            let record = try await fixture.run(job)
            #expect(record.state == .completed, "\(record.error ?? "")")
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: [
        ("429", "Retry-After: 7200\r\n", TaskFailure.busy("the server answered 429", retryAfter: .seconds(3600))),
        ("503", "Retry-After: 5\r\n", .busy("the server answered 503", retryAfter: .seconds(5))),
        ("503", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", .busy("the server answered 503", retryAfter: .zero)),
        ("503", "Retry-After: soon\r\n", .unavailable("the server answered 503")),
        ("502", "", .unavailable("the server answered 502")), ("404", "", .unreadable("the server answered 404")),
        ("410", "", .refused("the server answered 410")),
        ("301", "", .refused("the server answered 301, and redirects are not followed")),
    ])
    func `an answer says what becomes of the job`(status: String, header: String, failure: TaskFailure) throws {
        let server = try LoopbackServer { _ in "HTTP/1.1 \(status)\r\n\(header)Content-Length: 0\r\n\r\n" }
        let networks = [try #require(Network("127.0.0.0/8"))]
        let client = HTTPClient(guardian: NetworkGuard(allowing: networks))
        let call = HTTPCall(url: server.url, bytesMax: 10, timeout: .seconds(10))
        let head = try client.perform(call, shouldStop: { false }, onHead: { _ in }, onBody: { _ in })
        #expect(HTTPAnswers.failure(head) == failure)
    }

    @Test(arguments: [
        (#"{"url": "http://10.0.0.1/"}"#, "the server's address is not one that the configuration allows"),
        (#"{"url": "http://127.0.0.1:PORT/", "headers": {"Webhook-Id": "1"}}"#, "headers must not have Webhook-Id"),
        (#"{"url": "http://127.0.0.1:PORT/", "method": "GET", "body": "x"}"#, "GET has no body"),
        (#"{"url": "http://127.0.0.1:PORT/", "json": 1, "body": "x"}"#, "there can be a body or json, not both"),
        (#"{"url": "http://127.0.0.1:PORT/", "method": "TRACE"}"#, "method"),
        (#"{"url": "http://127.0.0.1:PORT/", "success": [99]}"#, "success must be statuses"),
        (#"{"url": "http://127.0.0.1:PORT/", "timeout_seconds": 0}"#, "timeout_seconds must be"),
        (#"{"url": "http://127.0.0.1:PORT/", "proxy": "x"}"#, "there is no such field"),
    ])
    func `a request that must not be made is not made`(args: String, reason: String) async throws {
        try await withImports(.migrated) { fixture in
            let server = try LoopbackServer { _ in Self.ok("") }
            let job = try await fixture.run("http.request", args.replacing("PORT", with: String(server.port)))
            #expect(job.state == .discarded)
            #expect(job.error?.contains(reason) == true, "\(job.error ?? "")")
            #expect(server.requests == [])
        }
    }

    @Test func `a long answer is cut and still fits`() async throws {
        try await withImports(.migrated) { fixture in
            let server = try LoopbackServer { _ in Self.ok(String(repeating: "\u{1}", count: 100_000)) }
            let job = try await fixture.run("http.request", #"{"url": "\#(server.url)"}"#)
            let text = try #require(job.result?.text, "\(job.error ?? "")")
            #expect(text.contains(#""bytes":100000"#))
            #expect((10_000...65_536).contains(text.utf8.count))
        }
    }

    // MARK: data.fetch

    private static let text = String(repeating: "0123456789abcdef", count: 5000)

    @Test func `a file is fetched and has its digest`() async throws {
        try await withImports(.migrated) { fixture in
            let server = try LoopbackServer { _ in Self.ok(Self.text) }
            let digest = Digest.hexadecimal(Digest.sha256(Self.text.utf8))
            let args = #"{"url": "\#(server.url)/a", "file": "a.txt", "sha256": "\#(digest)"}"#
            let job = try await fixture.run("data.fetch", args)
            #expect(job.result?.text == #"{"bytes":80000,"sha256":"\#(digest)","resumed":false}"#, "\(job.error ?? "")")
            #expect(try fixture.read("a.txt") == Array(Self.text.utf8))
            #expect(try fixture.files == ["a.txt"])
        }
    }

    @Test(arguments: [true, false])
    func `a fetch goes on where it was, unless the file has changed`(isSame: Bool) async throws {
        try await withImports(.migrated) { fixture in
            let server = try LoopbackServer { request in
                let length = Self.text.utf8.count
                if !request.contains("Range: bytes=") {
                    let half = Self.text.prefix(30_000)
                    return "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: \(length)\r\n\r\n\(half)"
                }
                guard isSame else { return Self.ok("another", "ETag: \"two\"\r\n") }
                let range = "bytes 30000-\(length - 1)/\(length)"
                return "HTTP/1.1 206 Partial\r\nETag: \"one\"\r\nContent-Range: \(range)\r\n"
                    + "Content-Length: \(length - 30_000)\r\n\r\n\(Self.text.dropFirst(30_000))"
            }
            let args = #"{"url": "\#(server.url)/a", "file": "a.txt"}"#
            let job = try await fixture.run(
                try .test("data.fetch", args: args, maxAttempts: 5, retry: .fixed(delay: .zero))
            )
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(try fixture.read("a.txt") == Array((isSame ? Self.text : "another").utf8))
            #expect(job.result?.text.contains(#""resumed":\#(isSame)"#) == true)
            #expect(server.requests.count == 2)
            #expect(server.requests.last?.contains("\r\nIf-Range: \"one\"\r\n") == true)
            #expect(try fixture.files == ["a.txt"])
        }
    }

    @Test(arguments: [
        (#""sha256": "\#(String(repeating: "0", count: 64))""#, "which is not the expected one"),
        (#""sha256": "abc""#, "sha256 must be 64 hexadecimal digits"), (#""bytes_max": 100"#, "longer than 100 bytes"),
        (#""headers": {"Range": "bytes=0-1"}"#, "headers must not have Range"),
        (#""bytes_max": 0"#, "bytes_max must be"), (#""timeout_seconds": 0"#, "timeout_seconds must be"),
        (#""more": 0"#, "there is no such field"),
    ])
    func `a file that is not as expected is not kept`(more: String, reason: String) async throws {
        try await withImports(.migrated) { fixture in
            let server = try LoopbackServer { _ in Self.ok(Self.text) }
            let job = try await fixture.run("data.fetch", #"{"url": "\#(server.url)", "file": "a.txt", \#(more)}"#)
            #expect(job.state == .discarded)
            #expect(job.error?.contains(reason) == true, "\(job.error ?? "")")
            #expect(try fixture.files == [])
        }
    }
}

import Testing

@testable import TuskTasks

@Suite struct HTTPClientTests {
    private func get(
        _ url: String,
        allowing networks: [String] = [],
        bytesMax: Int = 1000,
        shouldStop: @escaping () -> Bool = { false }
    ) throws -> (head: HTTPHead, body: String) {
        let client = HTTPClient(guardian: NetworkGuard(allowing: networks.compactMap { Network($0) }))
        let call = HTTPCall(url: url, bytesMax: bytesMax, timeout: .seconds(10))
        var body: [UInt8] = []
        let head = try client.perform(call, shouldStop: shouldStop, onHead: { _ in }, onBody: { body += $0 })
        return (head, String(decoding: body, as: UTF8.self))
    }

    @Test func `an answer has its status, headers and body`() throws {
        let server = try LoopbackServer { _ in
            "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Two:  a \r\nETag: \"e\"\r\n\r\nhello"
        }
        let answer = try get("\(server.url)/path?q=1", allowing: ["127.0.0.1"])
        #expect(answer.head.status == 201)
        #expect(answer.head.value("x-two") == "a")
        #expect(answer.body == "hello")
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"))
    }

    /// Each stands for this machine, in some way to write it.
    @Test(arguments: [
        "127.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0",
        "[::ffff:7f00:1]",
    ])
    func `a server that is not public is refused without a connection`(host: String) throws {
        let server = try LoopbackServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
        let failure = #expect(throws: TaskFailure.self) { try get("http://\(host):\(server.port)/") }
        #expect(
            failure == .refused("the server's address is not one that the configuration allows"),
            "\(String(describing: failure))"
        )
        #expect(server.requests == [])
    }

    @Test(arguments: ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "https://10.0.0.1/"])
    func `other addresses that are not public are refused at once`(url: String) throws {
        let start = ContinuousClock.now
        #expect(throws: TaskFailure.refused("the server's address is not one that the configuration allows")) {
            try get(url)
        }
        #expect(start.duration(to: .now) < .seconds(5))
    }

    @Test func `a redirect is an answer like others and leads nowhere`() throws {
        let target = try LoopbackServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
        let location = target.url
        let server = try LoopbackServer { _ in
            "HTTP/1.1 302 Found\r\nLocation: \(location)/\r\nContent-Length: 0\r\n\r\n"
        }
        #expect(try get(server.url, allowing: ["127.0.0.1"]).head.status == 302)
        #expect(target.requests == [])
    }

    @Test(arguments: [
        ("file:///etc/passwd", "url must start with"), ("ftp://127.0.0.1/", "url must start with"),
        ("gopher://127.0.0.1/", "url must start with"), ("http://u:p@127.0.0.1/", "url must not have a user"),
        ("http://127.0.0.1@127.0.0.1/", "url must not have a user"),
        ("http://127.0.0.1:22/", "url must not have this port"),
        ("", "url must be of"), ("http://a b/", "url must be of"), ("http://a\r\nX: y/", "url must be of"),
        ("http://127.0.0.1:99999/", "url is not"), ("http:///", "url is not"), ("127.0.0.1/", "url is not"),
    ])
    func `URLs that are none of ours are refused`(url: String, reason: String) throws {
        let failure = #expect(throws: TaskFailure.self) { try get(url, allowing: ["0.0.0.0/0"]) }
        #expect(failure?.description.hasPrefix(reason) == true, "\(String(describing: failure))")
    }

    @Test func `an answer that is too long is broken off`() throws {
        let server = try LoopbackServer { _ in
            "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 100_000)
        }
        #expect(throws: TaskFailure.refused("the answer is longer than 1000 bytes")) {
            try get(server.url, allowing: ["127.0.0.1"])
        }
    }

    @Test func `an answer that ends too early is no answer`() throws {
        let server = try LoopbackServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" }
        let failure = #expect(throws: TaskFailure.self) { try get(server.url, allowing: ["127.0.0.1"]) }
        guard case .unreadable = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func `a call that is told to stop stops`() throws {
        let server = try LoopbackServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }
        #expect(throws: TaskFailure.stopped) {
            try get(server.url, allowing: ["127.0.0.1"], shouldStop: { true })
        }
    }

    @Test(arguments: [
        ["X-A": "b\r\nX-C: d"], ["X A": "b"], ["": "b"], ["Host": "example.org"], ["content-length": "3"],
        ["Transfer-Encoding": "chunked"], ["X\u{E9}": "b"], ["X-A": "\u{0}"],
    ])
    func `headers that could be taken for others are refused`(headers: [String: String]) {
        #expect(throws: TaskFailure.self) { try HTTPCall.headers(headers) }
    }
}

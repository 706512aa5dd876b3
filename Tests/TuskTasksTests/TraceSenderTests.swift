import Testing

@testable import TuskTasks

/// Where spans are sent, and with which headers.
struct TraceSenderTests {
    @Test(arguments: [
        ("http://localhost:4318", ""), ("https://collector.example/", "api-key=secret"),
        ("http://127.0.0.1:4318/base", "a=b%20c, d=e=f"), ("http://[::1]:4318", "a="),
    ])
    func `what collectors document is taken`(endpoint: String, headers: String) throws {
        _ = try TraceSender(endpoint: endpoint, headers: headers)
    }

    @Test(arguments: [
        ("localhost:4318", ""), ("grpc://localhost:4317", ""), ("http://a b", ""), ("http://u:p@localhost:4318", ""),
        ("http://localhost:4318", "no-value"), ("http://localhost:4318", "a=%zz"), ("http://localhost:4318", "a=%0A"),
        ("http://localhost:4318", "host=b"), ("http://localhost:4318", "content-type=x"),
    ])
    func `what cannot be sent is refused`(endpoint: String, headers: String) {
        #expect(throws: TraceSender.Fault.self) { _ = try TraceSender(endpoint: endpoint, headers: headers) }
    }

    @Test func `a collector that is away, or answers with an error, has not taken the batch`() throws {
        for answer in [
            "", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 301 No\r\nContent-Length: 0\r\n\r\n",
        ] {
            let server = try LoopbackServer { _ in answer }
            let sender = try TraceSender(endpoint: server.url, headers: "")
            #expect(!sender.send(Array("{}".utf8)), "\(answer)")
        }
    }

    @Test func `a batch is posted as JSON below the endpoint, with the headers as they are meant`() throws {
        let server = try LoopbackServer { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" }
        let sender = try TraceSender(endpoint: "\(server.url)/base/", headers: "api-key=a%20b,x=y=z")
        #expect(sender.send(Array(#"{"resourceSpans":[]}"#.utf8)))
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /base/v1/traces HTTP/1.1\r\n") && request.hasSuffix(#"{"resourceSpans":[]}"#))
        for line in ["Content-Type: application/json\r\n", "api-key: a b\r\n", "x: y=z\r\n"] {
            #expect(request.contains(line), "\(request)")
        }
    }
}

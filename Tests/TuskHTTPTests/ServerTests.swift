import Dispatch
import Testing

@testable import TuskHTTP

/// A real server on loopback and a client of raw bytes.
struct ServerTests {
    private static func echo(_ router: inout Router) {
        router.add(.get, "/hello") { request, responder in responder.send(.text("hello \(request.query["n"] ?? "")")) }
        router.add(.post, "/echo", body: .buffered(bytesMax: 2_000_000)) { request, responder in
            responder.send(HTTPResponse(status: 200, body: request.body))
        }
        router.add(.post, "/v1/jobs/{id}:cancel", body: .buffered(bytesMax: 100)) { request, responder in
            responder.send(.text("\(request.route) \(request.parameters["id"] ?? "") \(request.path)"))
        }
        router.add(.delete, "/hello") { _, responder in responder.send(HTTPResponse(status: 204)) }
    }

    @Test func `an answer has a date, a length and no server field`() throws {
        let server = try TestServer(Self.echo)
        let response = try server.answer(to: "GET /hello?n=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.status == 200)
        #expect(response.text == "hello 1")
        #expect(response["Content-Length"] == "7")
        #expect(response["Date"]?.hasSuffix(" GMT") == true)
        #expect(response["Server"] == nil)
        #expect(response["Connection"] == nil)
    }

    @Test func `a handler sees the request`() throws {
        let seen = Box<HTTPRequest>()
        let server = try TestServer { router in
            router.add(.post, "/a/{b}", body: .buffered(bytesMax: 10)) { request, responder in
                seen.put(request)
                responder.send(HTTPResponse(status: 204))
            }
        }
        let response = try server.answer(
            to: "POST /a/%C3%A9?c=d HTTP/1.1\r\nHost: h\r\nX-Y: z\r\nContent-Length: 2\r\n\r\nhi"
        )
        #expect(response.status == 204)
        #expect(response["Content-Length"] == nil)
        let request = try seen.take()
        #expect(request.method == .post)
        #expect(request.path == "/a/é")
        #expect(request.target == "/a/%C3%A9?c=d")
        #expect(request.route == "/a/{b}")
        #expect(request.parameters == ["b": "é"])
        #expect(request.query["c"] == "d")
        #expect(request.headers["x-y"] == "z")
        #expect(request.body == Array("hi".utf8))
        #expect(request.remoteAddress == "127.0.0.1")
        #expect(request.isLoopback)
    }

    @Test func `a connection serves many requests`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        for number in 0..<1000 {
            try client.send("GET /hello?n=\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "hello \(number)")
        }
        #expect(server.server.connectionCount == 1)
    }

    @Test func `requests that arrive together are answered in their order`() throws {
        let server = try TestServer { router in
            Self.echo(&router)
            // Answered from another thread, so that the ones behind it have to wait.
            router.add(.get, "/later") { _, responder in
                DispatchQueue(label: "later").async { responder.send(.text("later")) }
            }
        }
        let client = try server.client()
        var requests = ""
        for number in 0..<200 {
            let target = number.isMultiple(of: 3) ? "/later" : "/hello?n=\(number)"
            requests += "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
            requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\(number + 100)"
        }
        try client.send(requests)
        for number in 0..<200 {
            #expect(try client.response().text == (number.isMultiple(of: 3) ? "later" : "hello \(number)"))
            #expect(try client.response().text == "\(number + 100)")
        }
    }

    @Test func `more pipelined answers than fit in memory wait until the client reads`() throws {
        var limits = HTTPLimits()
        limits.unsentBytesMax = 4096
        let calls = Counter()
        let big = String(repeating: "x", count: 100_000)
        let server = try TestServer(limits: limits) { router in
            router.add(.get, "/big") { _, responder in
                calls.add()
                responder.send(.text(big))
            }
        }
        let client = try TestClient(server.address, receiveBufferBytes: 64 * 1024)
        // All of them arrive in one piece of less than 64 KiB, so a server without a bound would call 2,000 times.
        let count = 2000
        try client.send(String(repeating: "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", count: count))
        #expect(try client.response().body.count == 100_000)
        #expect(calls.value < 500)
        for _ in 1..<count { #expect(try client.response().body.count == 100_000) }
        #expect(calls.value == count)
    }

    @Test func `pipelined requests wait in the socket while one is answered`() throws {
        var limits = HTTPLimits()
        limits.pipelineBytesMax = 1024
        let waiting = Box<HTTPResponder>()
        let server = try TestServer(limits: limits) { router in
            router.add(.get, "/") { _, responder in waiting.put(responder) }
        }
        let client = try server.client()
        let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        try client.send(request)
        let first = try waiting.take()
        // What the system's buffers take is all that goes.
        let many = [[UInt8]](repeating: request, count: 10_000).flatMap { $0 }
        var sent = 0
        while case let count = client.sendSome(many, milliseconds: 300), count > 0 { sent += count }
        #expect(sent < 40_000_000)
        first.send(.text("first"))
        #expect(try client.response().text == "first")
        try waiting.take().send(.text("second"))
        #expect(try client.response().text == "second")
    }

    @Test func `a body arrives whole, by length or in chunks, however it is cut`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
        try client.send(body)
        #expect(try client.response().body == body)

        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        var random = SeededGenerator(seed: 3)
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...50_000, using: &random))
            rest = rest.dropFirst(chunk.count)
            try client.send(Array("\(String(chunk.count, radix: 16));x=y\r\n".utf8) + chunk + Array("\r\n".utf8))
        }
        try client.send("0\r\nTrailer: ignored\r\n\r\n")
        #expect(try client.response().body == body)
    }

    @Test func `100 Continue is sent when the client waits for it, and only then`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        try client.send(head)
        #expect(try client.responseHead().status == 100)
        try client.send("hello")
        #expect(try client.response().text == "hello")
        // The body is there already: nobody waits.
        try client.send(head + "hello")
        #expect(try client.response().text == "hello")
        // No body: nothing to wait for.
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.response().status == 200)
    }

    @Test func `HEAD has the fields of GET and no body`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        try client.send("HEAD /hello?n=1 HTTP/1.1\r\nHost: a\r\n\r\nGET /hello?n=2 HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = try client.response(toHead: true)
        #expect(head.status == 200)
        #expect(head["Content-Length"] == "7")
        #expect(try client.response().text == "hello 2")
        try client.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /hello?n=2 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response(toHead: true).status == 404)
        #expect(try client.response().text == "hello 2")
    }

    @Test func `unknown paths, wrong methods and OPTIONS keep the connection`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        try client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 404)
        try client.send("PUT /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let wrong = try client.response()
        #expect(wrong.status == 405)
        #expect(wrong["Allow"] == "GET, HEAD, DELETE, OPTIONS")
        try client.send("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let options = try client.response()
        #expect(options.status == 204)
        #expect(options["Allow"] == "GET, HEAD, DELETE, OPTIONS")
        try client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 204)
        try client.send("POST /v1/jobs/17:cancel HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().text == "/v1/jobs/{id}:cancel 17 /v1/jobs/17:cancel")
    }

    @Test func `TRACE is a method that nothing has, and the answer lists those there are`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        try client.send("TRACE /hello HTTP/1.1\r\nHost: a\r\nAuthorization: secret\r\n\r\n")
        let answer = try client.response()
        #expect(answer.status == 405 && answer["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        #expect(!answer.text.contains("secret"))
    }

    @Test(arguments: ["/nothing", "/hello"])
    func `a body nobody takes ends the connection, and is never a request`(path: String) throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        let body = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
        try client.send("PUT \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        let response = try client.response()
        #expect(response.status == (path == "/hello" ? 405 : 404))
        #expect(response["Connection"] == "close")
        #expect(try client.isClosedByServer())
    }

    @Test func `a refused body that is still being sent does not lose the answer`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
        // The refusal comes after the head; without reading on, the server's close would be a reset.
        try client.send([UInt8](repeating: 0, count: 3_000_000))
        #expect(try client.response().status == 413)
        #expect(try client.isClosedByServer())
    }

    @Test(arguments: [
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
        "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ])
    func `close and HTTP/1.0 end the connection`(request: String) throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        try client.send(request + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 200)
        #expect(response["Connection"] == "close")
        #expect(try client.isClosedByServer())
    }

    @Test func `a client that closes its side gets all its answers`() throws {
        let server = try TestServer { router in
            Self.echo(&router)
            router.add(.get, "/later") { _, responder in
                DispatchQueue(label: "later").async { responder.send(.text("later")) }
            }
        }
        let client = try server.client()
        try client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /hello?n=2 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        #expect(try client.response().text == "later")
        #expect(try client.response().text == "hello 2")
        #expect(try client.isClosedByServer())
    }

    @Test func `the server's own answers are made by its owner`() throws {
        let server = try TestServer(
            errorResponse: { refusal in
                let body = Array("{\"code\":\"\(refusal.code)\"}".utf8)
                return HTTPResponse(
                    status: refusal.status,
                    headers: [("Content-Type", "application/problem+json")],
                    body: body
                )
            },
            Self.echo
        )
        for (request, text) in [
            ("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "not_found"),
            ("PUT /hello HTTP/1.1\r\nHost: a\r\n\r\n", "method_not_allowed"),
            ("GET /hello HTTP/1.1\r\n\r\n", "host_missing"),
        ] {
            let response = try server.answer(to: request)
            #expect(response["Content-Type"] == "application/problem+json")
            #expect(response.text == "{\"code\":\"\(text)\"}")
            #expect((response["Allow"] != nil) == (text == "method_not_allowed"))
        }
    }

    @Test func `a route without a body takes an empty one in chunks`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        for _ in 0..<2 {
            try client.send("GET /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test func `a responder that is forgotten answers 500`() throws {
        let server = try TestServer { router in router.add(.get, "/") { _, _ in } }
        #expect(try server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 500)
    }

    @Test func `only the first answer counts`() throws {
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                responder.send(.text("first"))
                responder.send(.text("second"))
            }
        }
        let client = try server.client()
        for _ in 0..<2 {
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "first")
        }
    }

    @Test func `an answer that would split in two becomes a 500`() throws {
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                responder.send(HTTPResponse(status: 200, headers: [("X", "a\r\n\r\nb")]))
            }
        }
        #expect(try server.answer(to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 500)
    }

    @Test func `answers given by the handler itself cost no wake-up`() throws {
        let server = try TestServer(Self.echo)
        let client = try server.client()
        for _ in 0..<100 {
            try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
        #expect(server.server.wakeCount == 0)
    }

    @Test func `the answers of a batch cost one wake-up`() throws {
        let waiting = Box<HTTPResponder>()
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in waiting.put(responder) }
        }
        let clients = try (0..<50).map { _ in try server.client() }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        let responders = try clients.map { _ in try waiting.take() }
        HTTPResponder.send(responders.map { ($0, HTTPResponse.text("done")) })
        for client in clients { #expect(try client.response().text == "done") }
        #expect(server.server.wakeCount <= 1)
    }

    @Test func `each finished request is observed once`() throws {
        let seen = Box<HTTPObservation>()
        let server = try TestServer(observer: { seen.put($0) }, Self.echo)
        let client = try server.client()
        try client.send("POST /v1/jobs/17:cancel HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        let response = try client.response()
        let first = try seen.take()
        #expect(first.method == .post)
        #expect(first.route == "/v1/jobs/{id}:cancel")
        #expect(first.status == 200)
        #expect(first.nanoseconds > 0)
        #expect(first.bytesReceived == 2)
        #expect(first.bytesSent > response.body.count)
        #expect(first.refusal == nil)
        try client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 404)
        let second = try seen.take()
        #expect(second.route == nil)
        #expect(second.refusal == .notFound)
        try client.send("GET /hello HTTP/3.0\r\n\r\n")
        #expect(try client.response().status == 505)
        let third = try seen.take()
        #expect(third.method == nil)
        #expect(third.refusal == .versionNotSupported)
        #expect(seen.all.isEmpty)
    }

    @Test func `IPv6 is served`() throws {
        let server = try TestServer(host: "[::1]", Self.echo)
        #expect(server.address.hasPrefix("[::1]:"))
        #expect(try server.answer(to: "GET /hello HTTP/1.1\r\nHost: [::1]\r\n\r\n").status == 200)
    }
}

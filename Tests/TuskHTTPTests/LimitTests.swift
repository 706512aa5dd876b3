import Glibc
import Testing

@testable import TuskHTTP

/// Many connections, too many connections, no descriptors.
struct LimitTests {
    private static func hello(_ router: inout Router) {
        router.add(.get, "/hello") { _, responder in responder.send(.text("hello")) }
    }

    @Test func `2,000 connections are kept and all answered`() throws {
        let server = try TestServer(Self.hello)
        let clients = try (0..<2000).map { _ in try server.client() }
        for _ in 0..<2 {
            for client in clients { try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n") }
            for client in clients { #expect(try client.response().status == 200) }
        }
        #expect(server.server.connectionCount == 2000)
    }

    @Test(arguments: [true, false])
    func `one connection too many is turned away, and the others stay`(isPerAddress: Bool) throws {
        var limits = HTTPLimits()
        if isPerAddress { limits.connectionsPerAddressMax = 3 } else { limits.connectionsMax = 3 }
        let server = try TestServer(limits: limits, Self.hello)
        var clients = try (0..<3).map { _ in try server.client() }
        for client in clients {
            try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
        let refused = try server.client()
        let response = try refused.response()
        #expect(response.status == 503)
        #expect(response["Connection"] == "close")
        #expect(try refused.isClosedByServer())
        for client in clients {
            try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
        // A place that becomes free is given again.
        try clients[0].send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(try clients[0].response().status == 200)
        #expect(try clients[0].isClosedByServer())
        clients.removeFirst()
        var status = 503
        while status == 503 {
            let next = try server.client()
            status = try next.responseAfter("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        #expect(status == 200)
    }

    @Test func `all bodies together have a limit, and count until nobody holds their requests`() throws {
        var limits = HTTPLimits()
        limits.bufferedBodyBytesMax = 1000
        let held = Box<(HTTPRequest, HTTPResponder)>()
        let server = try TestServer(limits: limits) { router in
            router.add(.post, "/hold", body: .buffered(bytesMax: 2000)) { held.put(($0, $1)) }
            router.add(.post, "/echo", body: .buffered(bytesMax: 2000)) { request, responder in
                responder.send(HTTPResponse(status: 200, body: request.body))
            }
        }
        let small = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n" + String(repeating: "x", count: 300)
        let large = "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 800\r\n\r\n" + String(repeating: "x", count: 800)
        do {
            let leaving = try server.client()
            try leaving.send(large)
            let (request, _) = try held.take()
            let refused = try server.client()
            try refused.send(small)
            let response = try refused.response()
            #expect(response.status == 503)
            #expect(response.text.hasPrefix("overloaded: "))
            #expect(try refused.isClosedByServer())
            // The client is gone, and its request is still held.
            _ = consume leaving
            #expect(try server.answer(to: small).status == 503)
            #expect(request.body.count == 800)
        }
        #expect(try server.answer(to: small).status == 200)
        #expect(try server.answer(to: small).status == 200)
    }

    @Test func `without descriptors accepting rests and recovers`() async {
        await #expect(processExitsWith: .success) {
            var limits = HTTPLimits()
            limits.acceptPause = .milliseconds(20)
            let server = try TestServer(limits: limits, Self.hello)
            let first = try server.client()
            try first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            try require(try first.response().status == 200)
            // Sockets for the waiting clients are made before the descriptors run out.
            let waiting = try server.client()
            _ = try waiting.responseAfter("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 64
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var hoard: [Int32] = []
            while case let descriptor = dup(first.descriptor), descriptor >= 0 { hoard.append(descriptor) }
            // One descriptor for the client's side, none for the server's.
            close(hoard.removeLast())
            let late = try server.client()
            try late.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            late.setReadTimeout(milliseconds: 300)
            let before = processorNanoseconds()
            try require((try? late.receive()) == nil, "nobody can have accepted")
            // A loop that spins takes what it gets of a shared processor: at least a fifth.
            try require(processorNanoseconds() - before < 30_000_000, "the loop must rest, not spin")
            try first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            try require(try first.response().status == 200, "open connections are served")
            for descriptor in hoard { close(descriptor) }
            late.setReadTimeout(milliseconds: 20_000)
            try require(try late.response().status == 200)
        }
    }
}

/// What `#expect` is, inside an exit test: an error ends it with failure.
private func require(_ isTrue: Bool, _ reason: String = "") throws {
    guard isTrue else { throw TestClient.Failure.malformed(reason) }
}

/// Processor time of the process so far.
private func processorNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

extension TestClient {
    /// The status of the answer to `request`, or of the one the server gave by itself.
    func responseAfter(_ request: String) throws -> Int {
        do { try send(request) } catch Failure.send { return try response().status }
        do { return try response().status } catch Failure.reset { return 503 }
    }
}

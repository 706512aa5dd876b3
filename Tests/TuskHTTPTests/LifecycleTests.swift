import Dispatch
import Glibc
import Testing

@testable import TuskHTTP

/// Starting, draining and stopping.
struct LifecycleTests {
    private static func server(_ address: String, _ routes: (inout Router) -> Void = { _ in }) -> HTTPServer {
        var router = Router()
        routes(&router)
        return HTTPServer(configuration: HTTPServerConfiguration(address: address), router: router)
    }

    @Test func `a port that is taken is told with address and errno`() throws {
        let first = try TestServer { _ in }
        #expect(throws: HTTPServerError.addressInUse(first.address, errno: EADDRINUSE)) {
            try Self.server(first.address).start()
        }
    }

    @Test func `an address of another machine is told`() {
        #expect(throws: HTTPServerError.addressNotAvailable("192.0.2.1:0", errno: EADDRNOTAVAIL)) {
            try Self.server("192.0.2.1:0").start()
        }
    }

    @Test(arguments: ["localhost:80", "127.0.0.1", "8080", ":8080"])
    func `an address that is none is told`(address: String) {
        #expect(throws: HTTPServerError.badAddress(address)) { try Self.server(address).start() }
    }

    @Test func `a server starts once and stops any number of times`() throws {
        let server = Self.server("127.0.0.1:0")
        _ = try server.start()
        #expect(throws: HTTPServerError.alreadyStarted) { try server.start() }
        server.stop()
        server.stop()
        #expect(throws: HTTPServerError.alreadyStarted) { try server.start() }
    }

    @Test func `stopping before starting prevents it`() {
        let server = Self.server("127.0.0.1:0")
        server.stop()
        #expect(throws: HTTPServerError.alreadyStarted) { try server.start() }
        #expect(server.drain(timeout: .zero))
    }

    @Test func `stopping frees the port and closes every connection`() throws {
        let server = Self.server("127.0.0.1:0") { router in router.add(.get, "/") { $1.send(.text("x")) } }
        let address = try server.start()
        let idle = try TestClient(address)
        try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.response().status == 200)
        server.stop()
        #expect(try idle.isClosedByServer())
        #expect(throws: TestClient.Failure.self) { try TestClient(address) }
        let next = Self.server(address)
        #expect(try next.start() == address)
        next.stop()
    }

    @Test func `stopping frees lanes that wait for a client`() throws {
        let results = Box<String>()
        let server = try TestServer { router in
            router.add(.post, "/read", body: .streamed(bytesMax: 1000)) { _, responder in
                DispatchQueue(label: "reader").async {
                    results.put("ready")
                    do { _ = try responder.bodyStream?.read() } catch { results.put("reader \(error)") }
                }
            }
            router.add(.get, "/write") { _, responder in
                DispatchQueue(label: "writer").async {
                    let writer = responder.beginStream()
                    results.put("ready")
                    do { while true { try writer.write([UInt8](repeating: 0, count: 1_000_000)) } } catch {
                        results.put("writer \(error)")
                    }
                }
            }
        }
        let reader = try server.client()
        try reader.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        #expect(try results.take() == "ready")
        let writer = try server.client()
        try writer.send("GET /write HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try results.take() == "ready")
        server.server.stop()
        #expect(try Set([results.take(), results.take()]) == ["reader closed", "writer closed"])
    }

    @Test func `draining finishes what is in flight and takes nothing new`() throws {
        let waiting = Box<HTTPResponder>()
        let server = try TestServer { router in
            router.add(.get, "/later") { _, responder in waiting.put(responder) }
            router.add(.get, "/events") { _, responder in
                let writer = responder.beginStream(headers: [("Content-Type", "text/event-stream")])
                DispatchQueue(label: "events").async { while !writer.isClosed { sched_yield() } }
            }
        }
        let idle = try server.client()
        try idle.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.response().status == 404)
        let events = try server.client()
        try events.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try events.responseHead().status == 200)
        let busy = try server.client()
        try busy.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /later HTTP/1.1\r\nHost: a\r\n\r\n")
        let responder = try waiting.take()

        #expect(!server.server.drain(timeout: .zero))
        #expect(try idle.isClosedByServer())
        #expect(try events.chunk() == nil)
        #expect(try events.isClosedByServer())
        #expect(throws: TestClient.Failure.self) { try server.client() }
        responder.send(.text("late"))
        let response = try busy.response()
        #expect(response.text == "late")
        #expect(response["Connection"] == "close")
        #expect(try busy.isClosedByServer())
        for client in [idle, events, busy] { client.finishSending() }
        #expect(server.server.drain(timeout: .seconds(10)))
        #expect(waiting.all.isEmpty)
    }

    @Test func `an event stream that begins while draining ends at once`() throws {
        let waiting = Box<HTTPResponder>()
        let server = try TestServer { router in router.add(.get, "/") { waiting.put($1) } }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let responder = try waiting.take()
        #expect(!server.server.drain(timeout: .zero))
        let writer = responder.beginStream(headers: [("Content-Type", "text/event-stream")])
        let response = try client.response()
        #expect(response["Connection"] == "close")
        #expect(response.body.isEmpty)
        #expect(writer.isClosed)
    }

    @Test func `a request that has arrived when draining begins is answered`() throws {
        for _ in 0..<20 {
            let server = try TestServer { router in router.add(.get, "/") { $1.send(.text("x")) } }
            let client = try server.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = server.server.drain(timeout: .zero)
            #expect(try client.response().status == 200)
        }
    }

    @Test func `a server whose thread does not come round is stuck`() async throws {
        let (entered, mayLeave) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                entered.signal()
                mayLeave.wait()
                responder.send(.text("x"))
            }
        }
        #expect(!server.server.isStuck(for: .seconds(60)))
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        entered.wait()
        #expect(!server.server.isStuck(for: .seconds(60)), "asked a moment ago")
        #expect(server.server.isStuck(for: .nanoseconds(1)))
        mayLeave.signal()
        #expect(try client.response().status == 200)
        // It has answered, so it has come round; the first question starts the count anew.
        #expect(!server.server.isStuck(for: .seconds(1)))
        server.server.stop()
        #expect(!server.server.isStuck(for: .nanoseconds(-1)), "it does not run")
    }

    @Test func `a server that is forgotten stops`() throws {
        var server: HTTPServer? = Self.server("127.0.0.1:0") { router in router.add(.get, "/") { $1.send(.text("x")) } }
        let address = try #require(try server?.start())
        let client = try TestClient(address)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 200)
        server = nil
        #expect(try client.isClosedByServer())
    }
}

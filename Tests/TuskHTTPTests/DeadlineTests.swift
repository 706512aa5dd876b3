import Dispatch
import Testing

@testable import TuskHTTP

/// Clients that are too slow are cut off at an absolute time, whatever they do meanwhile.
struct DeadlineTests {
    /// Limits with one short deadline; everything else stays out of the way.
    private static func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    private static func server(
        _ limits: HTTPLimits,
        _ calls: Counter,
        observer: HTTPObserver? = nil
    ) throws -> TestServer {
        try TestServer(limits: limits, observer: observer) { router in
            router.add(.get, "/hello") { _, responder in
                calls.add()
                responder.send(.text("hello"))
            }
            router.add(.post, "/echo", body: .buffered(bytesMax: 1_000_000)) { request, responder in
                calls.add()
                responder.send(HTTPResponse(status: 200, body: request.body))
            }
            router.add(.get, "/big") { _, responder in
                calls.add()
                responder.send(HTTPResponse(status: 200, body: [UInt8](repeating: 0, count: 30_000_000)))
            }
        }
    }

    /// Sends `text` byte by byte, each after a short wait for an answer, until there is one or the bytes are used up.
    private static func dribble(_ text: String, to client: TestClient) throws {
        client.setReadTimeout(milliseconds: 5)
        for byte in text.utf8 {
            do {
                try client.send([byte])
                try client.receive()
                break
            } catch TestClient.Failure.timeout {
                continue
            } catch TestClient.Failure.send {
                break
            }
        }
        client.setReadTimeout(milliseconds: 20_000)
    }

    @Test(arguments: [true, false])
    func `a head that dribbles in is cut off, on the first request and later ones`(isFirst: Bool) throws {
        let calls = Counter()
        let server = try Self.server(Self.limits { $0.headerTimeout = .milliseconds(100) }, calls)
        let client = try server.client()
        if !isFirst {
            try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
        let start = Moment.now()
        try Self.dribble("GET /hello HTTP/1.1\r\nX: " + String(repeating: "x", count: 5000), to: client)
        #expect(try client.response().status == 408)
        #expect(try client.isClosedByServer())
        #expect(Moment.now() - start > 90_000_000)
        #expect(calls.value == (isFirst ? 0 : 1))
    }

    @Test func `a body that dribbles in is cut off`() throws {
        let calls = Counter()
        let server = try Self.server(Self.limits { $0.bodyTimeout = .milliseconds(100) }, calls)
        let client = try server.client()
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        try Self.dribble(String(repeating: "x", count: 5000), to: client)
        #expect(try client.response().status == 408)
        #expect(try client.isClosedByServer())
        #expect(calls.value == 0)
    }

    @Test func `a body at the least rate is not cut off`() throws {
        let calls = Counter()
        let limits = Self.limits {
            $0.bodyTimeout = .milliseconds(150)
            $0.bodyBytesPerSecondMin = 20
        }
        let server = try Self.server(limits, calls)
        let client = try server.client()
        // 100 bytes, 5 ms apart: slower than the fixed time allows, faster than the rate asks for.
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        try Self.dribble(String(repeating: "x", count: 100), to: client)
        #expect(try client.response().body.count == 100)
    }

    @Test func `a streamed body that stops reaches its reader as an error`() throws {
        let errors = Box<HTTPStreamError?>()
        let server = try TestServer(limits: Self.limits { $0.bodyTimeout = .milliseconds(50) }) { router in
            router.add(.post, "/", body: .streamed(bytesMax: 1000)) { _, responder in
                DispatchQueue(label: "lane").async {
                    do throws(HTTPStreamError) {
                        while try responder.bodyStream?.read() != nil {}
                        errors.put(nil)
                    } catch {
                        errors.put(error)
                    }
                }
            }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello")
        #expect(try client.response().status == 408)
        #expect(try errors.take() == .refused(HTTPRefusal(.bodyTimeout)))
    }

    @Test func `time in which the reader of a body is slow is not held against the client`() throws {
        let limits = Self.limits {
            $0.bodyTimeout = .milliseconds(100)
            $0.unreadBytesMax = 1000
        }
        let start = Box<Bool>()
        let server = try TestServer(limits: limits) { router in
            router.add(.post, "/", body: .streamed(bytesMax: 1_000_000)) { _, responder in
                DispatchQueue(label: "lane").async {
                    var count = 0
                    do {
                        _ = try start.take()
                        while let piece = try responder.bodyStream?.read() { count += piece.count }
                    } catch { count = -1 }
                    responder.send(.text("\(count)"))
                }
            }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
        try client.send([UInt8](repeating: 1, count: 300_000))
        client.setReadTimeout(milliseconds: 300)
        #expect(throws: TestClient.Failure.self) { try client.receive() }
        client.setReadTimeout(milliseconds: 20_000)
        start.put(true)
        #expect(try client.response().text == "300000")
    }

    @Test func `a client that reads nothing is cut off`() throws {
        let calls = Counter()
        let server = try Self.server(Self.limits { $0.writeTimeout = .milliseconds(100) }, calls)
        let client = try TestClient(server.address, receiveBufferBytes: 4096)
        try client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.responseHead().status == 200)
        // Drained means: no connection is left.
        #expect(server.server.drain(timeout: .seconds(10)))
        var count = 0
        while let piece = try? client.piece() { count += piece.count }
        #expect(count < 30_000_000)
        #expect(calls.value == 1)
    }

    @Test func `a writer learns that its client takes nothing`() throws {
        let errors = Box<HTTPStreamError>()
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                DispatchQueue(label: "lane").async {
                    let writer = responder.beginStream()
                    let piece = [UInt8](repeating: 0, count: 1_000_000)
                    do throws(HTTPStreamError) {
                        while true { try writer.write(piece, timeout: .milliseconds(100)) }
                    } catch {
                        errors.put(error)
                    }
                }
            }
        }
        let client = try TestClient(server.address, receiveBufferBytes: 4096)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try errors.take() == .stalled)
    }

    @Test func `an idle connection is closed without a word`() throws {
        let calls = Counter()
        let server = try Self.server(Self.limits { $0.idleTimeout = .milliseconds(50) }, calls)
        let client = try server.client()
        try client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 200)
        #expect(try client.isClosedByServer())
    }

    @Test func `a connection that never says anything is closed`() throws {
        let server = try Self.server(Self.limits { $0.headerTimeout = .milliseconds(50) }, Counter())
        let client = try server.client()
        #expect(try client.isClosedByServer())
    }

    @Test func `a handler may take longer than any deadline of the client`() throws {
        let limits = Self.limits {
            $0.headerTimeout = .milliseconds(20)
            $0.bodyTimeout = .milliseconds(20)
            $0.idleTimeout = .milliseconds(20)
            $0.writeTimeout = .milliseconds(20)
        }
        let waiting = Box<HTTPResponder>()
        let server = try TestServer(limits: limits) { router in
            router.add(.post, "/", body: .buffered(bytesMax: 10)) { _, responder in waiting.put(responder) }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        client.setReadTimeout(milliseconds: 200)
        #expect(throws: TestClient.Failure.self) { try client.receive() }
        client.setReadTimeout(milliseconds: 20_000)
        try waiting.take().send(.text("done"))
        #expect(try client.response().text == "done")
    }
}

import Dispatch
import Testing

@testable import TuskHTTP

/// What the server reports of requests that it refuses or that break off.
struct ObservationTests {
    private static func server(_ seen: Box<HTTPObservation>, _ limits: HTTPLimits = HTTPLimits()) throws -> TestServer {
        try TestServer(limits: limits, observer: { seen.put($0) }) { router in
            router.add(.get, "/hello") { _, responder in responder.send(.text("hello")) }
            router.add(.post, "/echo", body: .buffered(bytesMax: 100)) { request, responder in
                responder.send(HTTPResponse(status: 200, body: request.body))
            }
            router.add(.get, "/stream") { _, responder in
                DispatchQueue(label: "lane").async {
                    let writer = responder.beginStream()
                    try? writer.write([UInt8](repeating: 0, count: 30_000_000), timeout: .seconds(60))
                }
            }
        }
    }

    @Test func `a body that is too long is reported with its method and route`() throws {
        let seen = Box<HTTPObservation>()
        let server = try Self.server(seen)
        let request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n"
        #expect(try server.answer(to: request).status == 413)
        let observation = try seen.take()
        #expect(observation.method == .post)
        #expect(observation.route == "/echo")
        #expect(observation.refusal == .bodyTooLarge)
        #expect(observation.nanoseconds > 0)
        #expect(observation.bytesSent > 0)
    }

    @Test func `a body that does not arrive is reported with what arrived and how long it took`() throws {
        let seen = Box<HTTPObservation>()
        var limits = HTTPLimits()
        limits.bodyTimeout = .milliseconds(100)
        let server = try Self.server(seen, limits)
        #expect(try server.answer(to: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello").status == 408)
        let observation = try seen.take()
        #expect(observation.route == "/echo")
        #expect(observation.refusal == .bodyTimeout)
        #expect(observation.bytesReceived == 5)
        #expect(observation.nanoseconds > 90_000_000)
    }

    @Test(arguments: [
        "HEAD /hello HTTP/1.1\r\nHost: a\r\nbad field\r\n\r\n", "HEAD /a/../b HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /hello HTTP/1.1\r\n\r\n", "HEAD /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    ])
    func `a refused HEAD gets no body`(request: String) throws {
        let seen = Box<HTTPObservation>()
        let server = try Self.server(seen)
        let client = try server.client()
        try client.send(request)
        let answer = String(decoding: try client.rest(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(try seen.take().method == .head)
    }

    @Test func `a stream whose client takes nothing is reported when it is cut off`() throws {
        let seen = Box<HTTPObservation>()
        var limits = HTTPLimits()
        limits.writeTimeout = .milliseconds(100)
        let server = try Self.server(seen, limits)
        let client = try TestClient(server.address, receiveBufferBytes: 4096)
        try client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        let observation = try seen.take()
        #expect(observation.route == "/stream")
        #expect(observation.status == 200)
        #expect(observation.bytesSent < 30_000_000)
    }
}

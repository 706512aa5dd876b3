import Dispatch
import Glibc
import Testing

@testable import TuskHTTP

/// Bodies and answers that do not fit in memory.
@Suite(.serialized)
struct StreamTests {
    /// Runs on a thread that may wait.
    private static func lane(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "lane").async(execute: body)
    }

    private static let megabyte = 1_000_000

    /// Resident memory of the process in bytes.
    private static func residentBytes() throws -> Int {
        let file = try require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 200)
        _ = try require(fgets(&line, Int32(line.count), file))
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return try require(Int(text.split(separator: " ")[1])) * 4096
    }

    @Test func `an answer is streamed in chunks and the connection stays`() throws {
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                Self.lane {
                    let writer = responder.beginStream(headers: [("Content-Type", "text/plain")])
                    for number in 0..<100 { try? writer.write(Array("line \(number)\n".utf8)) }
                    writer.finish()
                }
            }
        }
        let client = try server.client()
        for _ in 0..<3 {
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try client.response()
            #expect(response["Transfer-Encoding"] == "chunked")
            #expect(response["Content-Length"] == nil)
            #expect(response.text == (0..<100).map { "line \($0)\n" }.joined())
        }
    }

    @Test func `a stream to HTTP 1.0 ends with the connection`() throws {
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                let writer = responder.beginStream()
                try? writer.write(Array("all".utf8))
                writer.finish()
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        let response = try client.response()
        #expect(response["Transfer-Encoding"] == nil)
        #expect(response["Connection"] == "close")
        #expect(response.text == "all")
    }

    @Test func `a stream to HEAD has no body and its writer is closed`() throws {
        let closed = Box<Bool>()
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                Self.lane {
                    let writer = responder.beginStream()
                    while (try? writer.write([1])) != nil {}
                    closed.put(writer.isClosed)
                }
            }
        }
        let client = try server.client()
        try client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response(toHead: true).status == 200)
        #expect(try closed.take())
    }

    @Test func `a stream that is forgotten is not taken for a whole one`() throws {
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                Self.lane { try? responder.beginStream().write(Array("half".utf8)) }
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let all = String(decoding: try client.rest(), as: UTF8.self)
        #expect(!all.hasSuffix("0\r\n\r\n"))
    }

    @Test func `100 MB go down in little memory, at the pace of the client`() throws {
        let written = Counter()
        let stalled = Box<Bool>()
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                Self.lane {
                    let writer = responder.beginStream()
                    let piece = [UInt8](repeating: 7, count: Self.megabyte)
                    for _ in 0..<100 {
                        guard (try? writer.write(piece)) != nil else { break }
                        written.add(piece.count)
                    }
                    writer.finish()
                    stalled.put(true)
                }
            }
        }
        let client = try TestClient(server.address, receiveBufferBytes: 64 * 1024)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.responseHead().status == 200)
        let before = try Self.residentBytes()
        // Reading slowly at first: the writer must be held back.
        for _ in 0..<5 { _ = try client.chunk() }
        #expect(written.value < 30 * Self.megabyte)
        var count = 5 * 128 * 1024
        while let chunk = try client.chunk() { count += chunk.count }
        #expect(written.value == 100 * Self.megabyte)
        #expect(try stalled.take())
        #expect(try Self.residentBytes() - before < 60 * Self.megabyte)
    }

    @Test func `100 MB go up in little memory, at the pace of the reader`() throws {
        let start = Box<Bool>()
        let received = Box<Int>()
        let server = try TestServer { router in
            router.add(.post, "/", body: .streamed(bytesMax: 200 * Self.megabyte)) { _, responder in
                Self.lane {
                    _ = try? start.take()
                    var count = 0
                    while let piece = try? responder.bodyStream?.read() { count += piece.count }
                    received.put(count)
                    responder.send(.text("\(count)"))
                }
            }
        }
        let client = try server.client()
        let total = 100 * Self.megabyte
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
        let piece = [UInt8](repeating: 7, count: Self.megabyte)
        // Nobody reads: what the system's buffers take is all that goes.
        var sent = 0
        while case let count = client.sendSome(Array(piece.prefix(total - sent)), milliseconds: 300), count > 0 {
            sent += count
        }
        #expect(sent < 40 * Self.megabyte)
        let before = try Self.residentBytes()
        start.put(true)
        while sent < total {
            let next = piece.prefix(total - sent)
            try client.send(Array(next))
            sent += next.count
        }
        #expect(try received.take() == total)
        #expect(try client.response().text == "\(total)")
        #expect(try Self.residentBytes() - before < 60 * Self.megabyte)
        // The connection has kept its place.
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        start.put(true)
        #expect(try client.response().text == "0")
    }

    @Test func `a body can be answered line by line while it arrives`() throws {
        let server = try TestServer { router in
            router.add(.post, "/", body: .streamed(bytesMax: 1000)) { _, responder in
                Self.lane {
                    let writer = responder.beginStream()
                    while let piece = try? responder.bodyStream?.read() {
                        try? writer.write(Array("got ".utf8) + piece)
                    }
                    writer.finish()
                }
            }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(try client.responseHead().status == 200)
        for word in ["one", "two", "three"] {
            try client.send("\(String(word.utf8.count, radix: 16))\r\n\(word)\r\n")
            #expect(try client.chunk() == Array("got \(word)".utf8))
        }
        try client.send("0\r\n\r\n")
        #expect(try client.chunk() == nil)
    }

    @Test func `a streamed body is asked for with 100 Continue once somebody reads`() throws {
        let start = Box<Bool>()
        let server = try TestServer { router in
            router.add(.post, "/", body: .streamed(bytesMax: 1000)) { request, responder in
                guard request.headers["authorization"] != nil else {
                    responder.send(HTTPResponse(status: 401))
                    return
                }
                Self.lane {
                    _ = try? start.take()
                    let piece = try? responder.bodyStream?.read()
                    responder.send(HTTPResponse(status: 200, body: piece ?? []))
                }
            }
        }
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
        let refused = try server.client()
        try refused.send(head + "\r\n")
        #expect(try refused.response().status == 401)
        #expect(try refused.isClosedByServer())
        let client = try server.client()
        try client.send(head + "Authorization: x\r\n\r\n")
        start.put(true)
        #expect(try client.responseHead().status == 100)
        try client.send("hi")
        #expect(try client.response().text == "hi")
    }

    @Test func `100 Continue never stands inside an answer that begins before its body is read`() throws {
        let mayRead = Box<Bool>()
        let server = try TestServer { router in
            router.add(.post, "/", body: .streamed(bytesMax: 10)) { _, responder in
                Self.lane {
                    let writer = responder.beginStream()
                    try? writer.write(Array("first".utf8))
                    _ = try? mayRead.take()
                    while let piece = try? responder.bodyStream?.read() { try? writer.write(piece) }
                    writer.finish()
                }
            }
        }
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.responseHead().status == 100)
        #expect(try client.responseHead().status == 200)
        #expect(try client.chunk() == Array("first".utf8))
        mayRead.put(true)
        try client.send("hi")
        #expect(try client.chunk() == Array("hi".utf8))
        #expect(try client.chunk() == nil)
    }

    @Test func `a malformed or oversized streamed body reaches reader and client`() throws {
        let errors = Box<HTTPStreamError?>()
        let server = try TestServer { router in
            router.add(.post, "/", body: .streamed(bytesMax: 10)) { _, responder in
                Self.lane {
                    do throws(HTTPStreamError) {
                        while try responder.bodyStream?.read() != nil {}
                        errors.put(nil)
                    } catch {
                        errors.put(error)
                    }
                    responder.send(.text("too late"))
                }
            }
        }
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let malformed = try server.client()
        try malformed.send(head + "2\r\nhi\r\nx\r\n")
        #expect(try malformed.response().status == 400)
        #expect(try errors.take() == .refused(HTTPRefusal(.chunk)))
        #expect(try malformed.isClosedByServer())
        let oversized = try server.client()
        try oversized.send(head + "5\r\nhello\r\n6\r\n")
        #expect(try oversized.response().status == 413)
        #expect(try errors.take() == .refused(HTTPRefusal(.bodyTooLarge)))
    }

    @Test func `a client that leaves is seen by writer, reader and responder`() throws {
        let results = Box<String>()
        let server = try TestServer { router in
            router.add(.get, "/write") { _, responder in
                Self.lane {
                    let writer = responder.beginStream()
                    while (try? writer.write([UInt8](repeating: 0, count: 100_000))) != nil {}
                    results.put("writer \(writer.isClosed) \(responder.hasClientLeft)")
                }
            }
            router.add(.post, "/read", body: .streamed(bytesMax: 1000)) { _, responder in
                Self.lane {
                    do throws(HTTPStreamError) {
                        while try responder.bodyStream?.read() != nil {}
                    } catch {
                        results.put("reader \(error)")
                    }
                }
            }
            router.add(.get, "/events") { _, responder in
                let writer = responder.beginStream(headers: [("Content-Type", "text/event-stream")])
                Self.lane {
                    try? writer.write(ServerSentEvent(data: "hello"))
                    while !writer.isClosed { sched_yield() }
                    results.put("events \(writer.isClosed)")
                }
            }
        }
        for (request, result) in [
            ("GET /write HTTP/1.1\r\nHost: a\r\n\r\n", "writer true true"),
            ("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello", "reader closed"),
            ("GET /events HTTP/1.1\r\nHost: a\r\n\r\n", "events true"),
        ] {
            do {
                let client = try server.client()
                try client.send(request)
                if !request.hasPrefix("POST") { _ = try client.responseHead() }
            }
            #expect(try results.take() == result)
        }
    }

    @Test func `offer never waits and takes all or nothing`() throws {
        let offers = Box<Int>()
        let server = try TestServer { router in
            router.add(.get, "/") { _, responder in
                let writer = responder.beginStream(headers: [("Content-Type", "text/event-stream")])
                Self.lane {
                    let piece = [UInt8](repeating: 1, count: 50_000)
                    var count = 0
                    while (try? writer.offer(piece)) == true { count += 1 }
                    offers.put(count)
                    writer.finish()
                }
            }
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let count = try offers.take()
        #expect(try client.response().body.count == count * 50_000)
    }
}

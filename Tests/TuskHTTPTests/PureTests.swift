import Testing

@testable import TuskHTTP

struct HTTPDateTests {
    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ])
    func `a second has its date`(second: Int64, text: String) { #expect(HTTPDate.text(second: second) == text) }
}

struct DeadlineHeapTests {
    @Test func `deadlines come up in order and not before their time`() {
        var random = SeededGenerator(seed: 7)
        var heap = DeadlineHeap()
        var expected: [Int64] = []
        for token in 0..<2000 {
            let at = Int64.random(in: 0..<500, using: &random)
            heap.insert(DeadlineHeap.Entry(at: at, token: UInt64(token)))
            expected.append(at)
        }
        expected.sort()
        var popped: [Int64] = []
        for now in Int64(0)..<500 {
            while let entry = heap.popDue(now) {
                #expect(entry.at == now)
                popped.append(entry.at)
            }
        }
        #expect(popped == expected)
        #expect(heap.nearest == nil)
    }
}

struct StallClockTests {
    private static let second = Int64(1_000_000_000)

    @Test func `bytes excuse time at the given rate`() {
        var clock = StallClock()
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == nil)
        clock.start(0)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 30 * Self.second)
        clock.add(10 * 1024, 20 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 40 * Self.second)
    }

    @Test func `a fast start does not excuse a long silence`() {
        var clock = StallClock()
        clock.start(0)
        clock.add(100_000_000, 5 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 35 * Self.second)
    }

    @Test func `time in which this side is slow does not count`() {
        var clock = StallClock()
        clock.start(0)
        clock.pause(10 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == nil)
        clock.resume(110 * Self.second)
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == 130 * Self.second)
        clock.stop()
        #expect(clock.deadline(.seconds(30), perSecond: 1024) == nil)
    }
}

struct SocketAddressTests {
    @Test(arguments: ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:65535", "[::]:80", "[2001:db8::1]:443", "[::ffff:1.2.3.4]:1"])
    func `an address is read and written alike`(text: String) throws {
        #expect(try #require(SocketAddress(text)).text == text)
    }

    @Test(arguments: [
        "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:8080 ", "localhost:1",
        "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "127.1:80", "[::1%lo]:80", "127.0.0.1:１",
    ])
    func `anything else is no address`(text: String) { #expect(SocketAddress(text) == nil) }

    @Test(arguments: [
        ("127.0.0.1:1", "127.9.9.9:2", true, false),
        ("10.0.0.1:1", "10.0.0.1:2", false, true),
        ("[::1]:1", "[::1]:2", true, true),
        ("[2001:db8:0:1::1]:1", "[2001:db8:0:1:ffff::2]:1", false, true),
        ("[2001:db8:0:1::1]:1", "[2001:db8:0:2::1]:1", false, false),
    ])
    func `limits see one origin per address or IPv6 network`(
        left: String,
        right: String,
        isLoopback: Bool,
        isSame: Bool
    ) throws {
        let one = PeerAddress(try #require(SocketAddress(left)))
        let other = PeerAddress(try #require(SocketAddress(right)))
        #expect(one.isLoopback == isLoopback)
        #expect((one.origin == other.origin) == isSame)
    }
}

struct ResponseEncoderTests {
    private static func head(_ status: Int, _ headers: [(String, String)]) -> String? {
        var encoder = ResponseEncoder()
        encoder.setTime(second: 0)
        var out: [UInt8] = []
        let isWritten = encoder.appendHead(
            status: status,
            headers: headers,
            framing: .length(12),
            closes: false,
            to: &out
        )
        #expect(isWritten || out.isEmpty)
        return isWritten ? String(decoding: out, as: UTF8.self) : nil
    }

    @Test func `a head has the server's fields once`() {
        let text = Self.head(201, [("Location", "/v1/jobs/1"), ("content-LENGTH", "99"), ("Date", "never")])
        #expect(
            text == "HTTP/1.1 201 Created\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nLocation: /v1/jobs/1\r\n"
                + "Content-Length: 12\r\n\r\n"
        )
    }

    @Test(arguments: [
        ("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X", "a\0"), ("X\r\nY", "a"), ("X Y", "a"), ("", "a"), ("X:", "a"),
    ])
    func `a field that could split the answer is not written`(name: String, value: String) {
        #expect(Self.head(200, [(name, value)]) == nil)
    }

    @Test(arguments: [0, 99, 100, 199, 600, 1000, -1])
    func `a status that is no final one is not written`(status: Int) { #expect(Self.head(status, []) == nil) }
}

struct ServerSentEventTests {
    @Test func `an event is written line by line`() {
        let event = ServerSentEvent(data: "a\nb\n", name: "job\nid: 1", id: "7\r\n")
        #expect(String(decoding: event.bytes, as: UTF8.self) == "id: 7\nevent: jobid: 1\ndata: a\ndata: b\ndata: \n\n")
        #expect(String(decoding: ServerSentEvent.keepAlive.bytes, as: UTF8.self) == ": keep-alive\n\n")
    }
}

struct MailboxTests {
    private static func exchange(_ mailbox: Mailbox) -> Exchange {
        let limits = Exchange.StreamLimits(unsentBytesMax: 1024, unreadBytesMax: 1024, writeTimeout: .seconds(1))
        return Exchange(connection: 0, mailbox: mailbox, limits: limits)
    }

    @Test func `many answers wake a sleeping loop once`() throws {
        let mailbox = Mailbox(waker: try Waker())
        let exchanges = (0..<100).map { _ in Self.exchange(mailbox) }
        for exchange in exchanges { exchange.endHandling() }
        #expect(mailbox.fallAsleep())
        Exchange.give(exchanges.map { ($0, .text("x")) })
        #expect(mailbox.wakeCount == 1)
        #expect(mailbox.collect().exchanges.count == 100)
    }

    @Test func `a loop that works is not woken, and does not fall asleep over mail`() throws {
        let mailbox = Mailbox(waker: try Waker())
        let exchange = Self.exchange(mailbox)
        exchange.endHandling()
        #expect(exchange.give(.response(.text("x"))))
        #expect(mailbox.wakeCount == 0)
        #expect(!mailbox.fallAsleep())
        #expect(mailbox.collect().exchanges.count == 1)
        #expect(mailbox.fallAsleep())
    }

    @Test func `an answer given by the handler itself costs no message`() throws {
        let mailbox = Mailbox(waker: try Waker())
        let exchange = Self.exchange(mailbox)
        #expect(mailbox.fallAsleep())
        #expect(exchange.give(.response(.text("x"))))
        #expect(!exchange.give(.response(.text("y"))))
        exchange.endHandling()
        #expect(mailbox.wakeCount == 0)
        #expect(exchange.take(takesBytes: true).answer != nil)
    }

    @Test func `an order is never taken back by a softer one`() throws {
        let mailbox = Mailbox(waker: try Waker())
        mailbox.post(.stop)
        mailbox.post(.drain)
        #expect(mailbox.collect().order == .stop)
    }
}

import Testing

@testable import TuskHTTP

/// The parser without a socket.
struct RequestParserTests {
    @Test func `a request is taken apart`() throws {
        let parsed = ParsedRequests(GoodRequests.all[5])
        let request = try #require(parsed.requests.first)
        #expect(request.method == .get)
        #expect(request.path == "/x y€")
        #expect(request.query == ["a=&", "b=c=d", "e="])
        #expect(request.fields == ["host: a.EXAMPLE:80", "Connection: foo, Close"])
        #expect(!request.keepsConnection)
        #expect(request.framing == .length(0))
        #expect(request.isComplete)
        #expect(parsed.refusal == nil)
    }

    @Test func `chunks are joined, and extensions and trailers ignored`() throws {
        let request = try #require(ParsedRequests(GoodRequests.all[3]).requests.first)
        #expect(String(decoding: request.body, as: UTF8.self) == "hello world")
        #expect(request.expectsContinue)
        #expect(request.isComplete)
        #expect(request.fields.count == 3)
    }

    @Test(arguments: GoodRequests.all)
    func `a valid request is accepted whole`(text: String) throws {
        let parsed = ParsedRequests(text)
        #expect(parsed.refusal == nil)
        #expect(parsed.requests.count == 1)
        #expect(try #require(parsed.requests.first).isComplete)
    }

    @Test(arguments: GoodRequests.all)
    func `where a request is split does not matter`(text: String) {
        let bytes = Array(text.utf8)
        let whole = ParsedRequests([bytes[...]])
        for split in 0...bytes.count {
            #expect(ParsedRequests([bytes[..<split], bytes[split...]]) == whole, "split at \(split)")
        }
        #expect(ParsedRequests(bytes.indices.map { bytes[$0...$0] }) == whole)
    }

    @Test(arguments: BadRequest.all)
    func `where a malformed request is split does not matter`(bad: BadRequest) throws {
        let bytes = bad.bytes + Array("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        let bodyBytesMax = bad.bytes.starts(with: "GET".utf8) ? 0 : 65_536
        let pieces = [[bytes[...]], bytes.indices.map { bytes[$0...$0] }]
        for piece in pieces {
            let parsed = ParsedRequests(piece, bodyBytesMax: bodyBytesMax)
            let status = try #require(parsed.refusal).status
            #expect(bad.statuses.contains(status))
            #expect(!parsed.requests.contains { $0.isComplete || $0.path == "/smuggled" })
        }
    }

    @Test func `pipelined requests come out one by one, in their order`() {
        let all = GoodRequests.all.joined()
        let parsed = ParsedRequests(all)
        #expect(parsed.refusal == nil)
        #expect(parsed.requests.map(\.isComplete) == GoodRequests.all.map { _ in true })
        #expect(parsed.requests == GoodRequests.all.flatMap { ParsedRequests($0).requests })
    }

    @Test(arguments: GoodRequests.all)
    func `nothing behind a request is used up`(text: String) {
        var parser = RequestParser(limits: HTTPLimits())
        let next = Array("GET /next".utf8)
        parser.feed((Array(text.utf8) + next)[...])
        while true {
            switch parser.next() {
            case .head: parser.admitBody(bytesMax: 65_536)
            case .body: continue
            case .end:
                #expect(parser.unusedCount == next.count)
                return
            case .needsInput, .refused:
                Issue.record("the request is complete")
                return
            }
        }
    }

    @Test func `a length beyond the limit is refused before the body`() {
        var parser = RequestParser(limits: HTTPLimits())
        parser.feed(Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n".utf8)[...])
        guard case .head = parser.next() else {
            Issue.record("the head is complete")
            return
        }
        #expect(parser.admitBody(bytesMax: 10) == HTTPRefusal(.bodyTooLarge))
        guard case .refused(HTTPRefusal(.bodyTooLarge)) = parser.next() else {
            Issue.record("the refusal is the next step")
            return
        }
    }

    @Test func `limits are counted to the byte`() {
        var limits = HTTPLimits()
        limits.requestLineBytesMax = 30
        limits.headerBytesMax = 40
        limits.headerFieldsMax = 3
        let line = "GET /" + String(repeating: "x", count: 30 - 14) + " HTTP/1.1\r\n"
        #expect(ParsedRequests(line + "Host: a\r\n\r\n", limits: limits).refusal == nil)
        let longLine = "GET /" + String(repeating: "x", count: 31 - 14) + " HTTP/1.1\r\n"
        #expect(ParsedRequests(longLine + "Host: a\r\n\r\n", limits: limits).refusal?.status == 414)
        // The block without its last line: 9 bytes of Host, then X to the 40th byte.
        let field = { (count: Int) in "Host: a\r\nX: " + String(repeating: "x", count: count) + "\r\n\r\n" }
        #expect(ParsedRequests(line + field(40 - 9 - 3 - 2), limits: limits).refusal == nil)
        #expect(ParsedRequests(line + field(41 - 9 - 3), limits: limits).refusal?.status == 431)
        let many = { (count: Int) in "Host: a\r\n" + String(repeating: "X:\r\n", count: count - 1) + "\r\n" }
        #expect(ParsedRequests(line + many(3), limits: limits).refusal == nil)
        #expect(ParsedRequests(line + many(4), limits: limits).refusal?.status == 431)
    }

    @Test func `a chunk extension may have 256 bytes`() {
        let request = { (count: Int) in
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;"
                + String(repeating: "x", count: count - 1)
                + "\r\na\r\n0\r\n\r\n"
        }
        #expect(ParsedRequests(request(256)).refusal == nil)
        #expect(ParsedRequests(request(257)).refusal == HTTPRefusal(.chunkExtension))
    }

    @Test func `one-byte chunks without extensions are accepted`() throws {
        let chunks = String(repeating: "1\r\na\r\n", count: 60_000) + "0\r\n\r\n"
        let parsed = ParsedRequests("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        #expect(try #require(parsed.requests.first).body.count == 60_000)
    }

    @Test func `a refusal is final`() {
        var parser = RequestParser(limits: HTTPLimits())
        parser.feed(Array("GET / HTTP/9.9\r\n\r\n".utf8)[...])
        for _ in 0..<3 {
            guard case .refused(HTTPRefusal(.versionNotSupported)) = parser.next() else {
                Issue.record("refused once, refused for ever")
                return
            }
            parser.feed(Array(GoodRequests.all[0].utf8)[...])
        }
        #expect(parser.unusedCount == 0)
    }

    @Test func `every reason has a status, a code and a sentence`() {
        for reason in HTTPRefusal.Reason.allCases {
            #expect((400...599).contains(reason.status))
            #expect(reason.rawValue.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (97...122).contains($0) })
            #expect(reason.detail.hasSuffix("."))
        }
    }

    @Test func `header fields are found in any case and joined when repeated`() {
        let headers = HTTPHeaders([("Accept", "a"), ("X-One", "1"), ("ACCEPT", "b")])
        #expect(headers["accept"] == "a, b")
        #expect(headers.all("Accept") == ["a", "b"])
        #expect(headers["x-ONE"] == "1")
        #expect(headers["X-Two"] == nil)
        #expect(headers.bytes("x-one").map(Array.init) == Array("1".utf8))
    }

    @Test func `query names compare as bytes, not as characters`() {
        // One name composed, the other decomposed: equal as Swift strings, different as bytes.
        let parsed = ParsedRequests("GET /?%C3%A9=1&e%CC%81=2 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(parsed.requests.first?.query.count == 2)
        let query = HTTPQuery([("\u{E9}", "1"), ("e\u{301}", "2")])
        #expect(query["e\u{301}"] == "2")
    }
}

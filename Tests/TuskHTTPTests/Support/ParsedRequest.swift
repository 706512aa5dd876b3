@testable import TuskHTTP

/// What came out of a parser: complete requests in their order, then perhaps a refusal.
struct ParsedRequests: Equatable {
    struct Request: Equatable {
        var method: HTTPMethod
        var target: String
        var path: String
        var query: [String]
        var fields: [String]
        var framing: RequestHead.Framing
        var keepsConnection: Bool
        var expectsContinue: Bool
        var body: [UInt8] = []
        var isComplete = false
    }

    var requests: [Request] = []
    var refusal: HTTPRefusal?

    /// Takes steps until one needs input or refuses.
    mutating func drain(_ parser: inout RequestParser, bodyBytesMax: Int = 65_536) {
        while true {
            switch parser.next() {
            case .needsInput: return
            case .head(let head):
                requests.append(Request(head))
                parser.admitBody(bytesMax: bodyBytesMax)
            case .body(let piece): requests[requests.count - 1].body += piece
            case .end: requests[requests.count - 1].isComplete = true
            case .refused(let refusal):
                self.refusal = refusal
                return
            }
        }
    }

    /// Parses pieces fed one after the other.
    init(_ pieces: [ArraySlice<UInt8>], limits: HTTPLimits = HTTPLimits(), bodyBytesMax: Int = 65_536) {
        var parser = RequestParser(limits: limits)
        for piece in pieces {
            parser.feed(piece)
            drain(&parser, bodyBytesMax: bodyBytesMax)
        }
    }

    /// The same without the bodies of incomplete requests: how much of such a body comes out before it is refused
    /// depends on how it arrived.
    var settled: ParsedRequests {
        var settled = self
        for index in requests.indices where !requests[index].isComplete { settled.requests[index].body = [] }
        return settled
    }

    init(_ text: String, limits: HTTPLimits = HTTPLimits(), bodyBytesMax: Int = 65_536) {
        self.init([Array(text.utf8)[...]], limits: limits, bodyBytesMax: bodyBytesMax)
    }
}

extension ParsedRequests.Request {
    init(_ head: RequestHead) {
        self.init(
            method: head.method,
            target: String(decoding: head.headers.bytes[head.targetRange], as: UTF8.self),
            path: String(decoding: head.pathBytes, as: UTF8.self),
            query: head.query.parameters.map { "\($0.name)=\($0.value)" },
            fields: head.headers.pairs.map { "\($0.name): \($0.value)" },
            framing: head.framing,
            keepsConnection: head.keepsConnection,
            expectsContinue: head.expectsContinue
        )
    }
}

/// Requests that must be accepted.
enum GoodRequests {
    static let all = [
        "GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n",
        "\r\nGET /v1/jobs/17?include=attempts&state=running HTTP/1.1\r\nHost: [::1]:8080\r\nAccept: */*\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nContent-Type: application/json\r\n\r\nhello world",
        "POST /v1/jobs:bulk HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nExpect: 100-continue\r\n\r\n"
            + "5;name=value\r\nhello\r\n0006\r\n world\r\n0;last\r\nDigest: x\r\nContent-Length: 3\r\n\r\n",
        "DELETE /v1/jobs/1 HTTP/1.0\r\n\r\n",
        "GET http://A.example:80/x%20y%E2%82%AC?a=%26&b=c=d&e HTTP/1.1\r\nhost:a.EXAMPLE:80\t \r\n"
            + "Connection: foo, Close\r\n\r\n",
        "PUT /a:b@c!$&'()*+,;=~_-.x HTTP/1.7\r\nHOST: 127.0.0.1\r\nX:\r\nY: \u{FC}\r\nY: 2\r\n"
            + "Content-Length: 000\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Encoding: identity\r\n\r\n",
        "PATCH http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD https://a?q=%2B HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    ]
}

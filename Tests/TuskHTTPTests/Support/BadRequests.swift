import Testing

/// Requests that must be refused, with the statuses that are right for each.
struct BadRequest: Sendable, CustomTestStringConvertible {
    let name: String
    let statuses: Set<Int>
    let bytes: [UInt8]

    init(_ name: String, _ statuses: Set<Int>, _ text: String) {
        self.init(name, statuses, bytes: Array(text.utf8))
    }

    init(_ name: String, _ statuses: Set<Int>, bytes: [UInt8]) {
        (self.name, self.statuses, self.bytes) = (name, statuses, bytes)
    }

    var testDescription: String { name }

    /// A POST to `/main` with these fields after `Host`, and what follows.
    private static func post(_ fields: String, _ body: String = "hello") -> String {
        "POST /main HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(body)"
    }

    /// A GET of `target`.
    private static func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" }

    static let all = framing + chunks + lines + fields + targets + methods + sizes

    static let framing = [
        BadRequest("two different lengths", [400], post("Content-Length: 5\r\nContent-Length: 6")),
        BadRequest("two equal lengths", [400], post("Content-Length: 5\r\nContent-Length: 5")),
        BadRequest("length and chunked", [400], post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        BadRequest("chunked and length", [400], post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
        BadRequest("space before the colon of the length", [400], post("Content-Length : 5")),
        BadRequest("tab before the colon of the length", [400], post("Content-Length\t: 5")),
        BadRequest("length with plus", [400], post("Content-Length: +5")),
        BadRequest("length in hex", [400], post("Content-Length: 0x5")),
        BadRequest("negative length", [400], post("Content-Length: -1")),
        BadRequest("list of lengths", [400], post("Content-Length: 5, 5")),
        BadRequest("two lengths with a space", [400], post("Content-Length: 5 5")),
        BadRequest("empty length", [400], post("Content-Length:")),
        BadRequest("length 2^64", [400, 413], post("Content-Length: 18446744073709551616")),
        BadRequest("length 2^64 + 5", [400, 413], post("Content-Length: 18446744073709551621")),
        BadRequest("length beyond the route", [413], post("Content-Length: 1000000")),
        BadRequest(
            "length for a route without body",
            [400],
            "GET /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        ),
        BadRequest("xchunked", [400, 501], post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        BadRequest("chunked, identity", [400, 501], post("Transfer-Encoding: chunked, identity", "0\r\n\r\n")),
        BadRequest("gzip, chunked", [400, 501], post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        BadRequest("chunked twice in one field", [400, 501], post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
        BadRequest(
            "chunked in two fields",
            [400, 501],
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")
        ),
        BadRequest("chunked with a control byte", [400], post("Transfer-Encoding: \u{0B}chunked", "0\r\n\r\n")),
        BadRequest("empty transfer encoding", [400, 501], post("Transfer-Encoding:", "0\r\n\r\n")),
        BadRequest("space before the colon of chunked", [400], post("Transfer-Encoding : chunked", "0\r\n\r\n")),
        BadRequest(
            "chunked on HTTP/1.0",
            [400],
            "POST /main HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        BadRequest("unknown expectation", [417], post("Content-Length: 5\r\nExpect: 200-ok")),
        BadRequest("gzip body", [415], post("Content-Length: 5\r\nContent-Encoding: gzip")),
        BadRequest(
            "expected continue with a body too long",
            [413, 417],
            post("Content-Length: 1000000\r\nExpect: 100-continue", "")
        ),
    ]

    private static func chunked(_ name: String, _ statuses: Set<Int>, _ body: String) -> BadRequest {
        BadRequest(name, statuses, post("Transfer-Encoding: chunked", body))
    }

    static let chunks = [
        chunked("chunk size in hex notation", [400], "0x5\r\nhello\r\n0\r\n\r\n"),
        chunked("negative chunk size", [400], "-1\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk size with plus", [400], "+5\r\nhello\r\n0\r\n\r\n"),
        chunked("empty chunk size", [400], "\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk size with a space before it", [400], " 5\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk size with a space after it", [400], "5 \r\nhello\r\n0\r\n\r\n"),
        chunked("chunk size 2^64", [400, 413], "10000000000000000\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk size 2^64 + 5", [400, 413], "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        chunked("chunk beyond the route", [413], "FFFFF\r\nhello"),
        chunked(
            "chunks beyond the route together",
            [413],
            "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n8001\r\n"
        ),
        chunked("chunk size ended by LF", [400], "5\nhello\r\n0\r\n\r\n"),
        chunked("chunk data ended by LF", [400], "5\r\nhello\n0\r\n\r\n"),
        chunked("chunk data ended by another byte and LF", [400], "5\r\nhello!\n0\r\n\r\n"),
        chunked("chunk data ended by CR and another byte", [400], "5\r\nhello\r!0\r\n\r\n"),
        chunked("chunk size ended by CR alone", [400], "5\rhello\r\n0\r\n\r\n"),
        chunked("chunk data longer than said", [400], "5\r\nhello!\r\n0\r\n\r\n"),
        chunked("chunk data shorter than said", [400], "6\r\nhello\r\n0\r\n\r\n"),
        chunked(
            "chunk extension of 10 KB",
            [400],
            "5;" + String(repeating: "x", count: 10_240) + "\r\nhello\r\n0\r\n\r\n"
        ),
        chunked("chunk extension with LF", [400], "5;a\nb\r\nhello\r\n0\r\n\r\n"),
        chunked(
            "many extensions",
            [400],
            String(repeating: "1;" + String(repeating: "x", count: 200) + "\r\nx\r\n", count: 200)
        ),
        chunked("last chunk ended by LF", [400], "5\r\nhello\r\n0\n\n"),
        chunked("trailer that is no field", [400], "0\r\nno field\r\n\r\n"),
        chunked("trailer folded", [400], "0\r\nA: b\r\n c\r\n\r\n"),
        chunked("trailers of 10 KB", [431], "0\r\nA: " + String(repeating: "x", count: 10_240) + "\r\n\r\n"),
        BadRequest(
            "chunk for a route without body",
            [400],
            "GET /none HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        ),
    ]

    static let lines = [
        BadRequest("bare LF everywhere", [400], "GET /none HTTP/1.1\nHost: a\n\n"),
        BadRequest("bare LF after the request line", [400], "GET /none HTTP/1.1\nHost: a\r\n\r\n"),
        BadRequest("bare LF after a field", [400], "GET /none HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        BadRequest("bare LF at the end", [400], "GET /none HTTP/1.1\r\nHost: a\r\n\n"),
        BadRequest("bare CR in a value", [400], "GET /none HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"),
        BadRequest("bare CR in the target", [400], "GET /no\rne HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("NUL in a value", [400], "GET /none HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"),
        BadRequest("NUL in a name", [400], "GET /none HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"),
        BadRequest("NUL in the target", [400], "GET /no\0ne HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("DEL in a value", [400], "GET /none HTTP/1.1\r\nHost: a\r\nX: b\u{7F}\r\n\r\n"),
        BadRequest("folded field", [400], "GET /none HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"),
        BadRequest("space before the first field", [400], "GET /none HTTP/1.1\r\n Host: a\r\n\r\n"),
        BadRequest("two blank lines first", [400], "\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("two spaces after the method", [400], "GET  /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("space after the version", [400], "GET /none HTTP/1.1 \r\nHost: a\r\n\r\n"),
        BadRequest("tab after the method", [400], "GET\t/none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("space before the method", [400], " GET /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("space in the target", [400], "GET /no ne HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("HTTP/0.9", [400, 505], "GET /none\r\n"),
        BadRequest("HTTP/9.9", [505], "GET /none HTTP/9.9\r\nHost: a\r\n\r\n"),
        BadRequest("HTTP/2 preface", [400, 505], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        BadRequest("lower-case version", [400, 505], "GET /none http/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("version with two digits", [400, 505], "GET /none HTTP/1.10\r\nHost: a\r\n\r\n"),
        BadRequest("another protocol", [400, 505], "GET /none HTCPCP/1.0\r\nHost: a\r\n\r\n"),
        BadRequest("TLS hello", [400], bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]),
    ]

    static let fields = [
        BadRequest("no host", [400], "GET /none HTTP/1.1\r\nX: b\r\n\r\n"),
        BadRequest("two hosts", [400], "GET /none HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        BadRequest("empty host", [400], "GET /none HTTP/1.1\r\nHost:\r\n\r\n"),
        BadRequest("host with a path", [400], "GET /none HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        BadRequest("host with a user", [400], "GET /none HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        BadRequest("host list", [400], "GET /none HTTP/1.1\r\nHost: a,b\r\n\r\n"),
        BadRequest("host with a space", [400], "GET /none HTTP/1.1\r\nHost: a b\r\n\r\n"),
        BadRequest("host with port 70000", [400], "GET /none HTTP/1.1\r\nHost: a:70000\r\n\r\n"),
        BadRequest("host with a named port", [400], "GET /none HTTP/1.1\r\nHost: a:http\r\n\r\n"),
        BadRequest("host with an open bracket", [400], "GET /none HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        BadRequest("field without name", [400], "GET /none HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
        BadRequest("field without colon", [400], "GET /none HTTP/1.1\r\nHost: a\r\nX b\r\n\r\n"),
        BadRequest("field name in UTF-8", [400], "GET /none HTTP/1.1\r\nHost: a\r\nÜ: b\r\n\r\n"),
        BadRequest("field name with a bracket", [400], "GET /none HTTP/1.1\r\nHost: a\r\n[X]: b\r\n\r\n"),
    ]

    static let targets = [
        BadRequest("absolute form, other host", [421], get("http://b/none")),
        BadRequest("absolute form, other port", [421], get("http://a:81/none")),
        BadRequest("absolute form, other scheme", [400], get("ftp://a/none")),
        BadRequest("absolute form, user", [400], get("http://u@a/none")),
        BadRequest("authority form", [400], get("a:80")),
        BadRequest("relative target", [400], get("none")),
        BadRequest("asterisk for GET", [400], get("*")),
        BadRequest("asterisk and more", [400], "OPTIONS */none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("encoded dot segment", [400], get("/%2e%2e/none")),
        BadRequest("encoded dot segment, slash and NUL", [400], get("/%2e%2e%2f%00")),
        BadRequest("encoded slash", [400], get("/x%2fnone")),
        BadRequest("encoded backslash", [400], get("/x%5cnone")),
        BadRequest("encoded NUL", [400], get("/none%00")),
        BadRequest("encoded line feed", [400], get("/none%0a")),
        BadRequest("dot segment", [400], get("/x/../none")),
        BadRequest("single dot segment", [400], get("/./none")),
        BadRequest("dot segment at the end", [400], get("/none/..")),
        BadRequest("percent alone", [400], get("/none%")),
        BadRequest("percent and one digit", [400], get("/none%4")),
        BadRequest("percent and no digits", [400], get("/none%zz")),
        BadRequest("encoded bytes that are no UTF-8", [400], get("/%ff")),
        BadRequest("overlong UTF-8", [400], get("/%c0%af")),
        BadRequest("encoded surrogate", [400], get("/%ed%a0%80")),
        BadRequest("bytes beyond ASCII", [400], get("/nöne")),
        BadRequest("fragment", [400], get("/none#x")),
        BadRequest("backslash", [400], get("/x\\none")),
        BadRequest("duplicate parameter", [400], get("/none?a=1&a=2")),
        BadRequest("duplicate parameter, one encoded", [400], get("/none?a=1&%61=2")),
        BadRequest("plus in the query", [400], get("/none?a=1+2")),
        BadRequest("NUL in the query", [400], get("/none?a=%00")),
        BadRequest("no UTF-8 in the query", [400], get("/none?a=%ff")),
        BadRequest("overlong UTF-8 in the query", [400], get("/none?a=%c0%80")),
        BadRequest("percent alone in the query", [400], get("/none?a=%")),
        BadRequest("empty parameter", [400], get("/none?a=1&&b=2")),
        BadRequest("parameter without name", [400], get("/none?=1")),
        BadRequest("ampersand at the end", [400], get("/none?a=1&")),
        BadRequest(
            "10,000 parameters",
            [400, 414],
            get("/none?" + (0..<10_000).map { "\($0)=" }.joined(separator: "&"))
        ),
        BadRequest("100 parameters", [400], get("/none?" + (0..<100).map { "\($0)=" }.joined(separator: "&"))),
    ]

    static let methods = [
        BadRequest("unknown method", [501], "BREW /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("lower-case method", [501], "get /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("TRACE", [405], "TRACE /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("CONNECT", [400, 405, 501], "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
        BadRequest("method that is no token", [400], "G(T /none HTTP/1.1\r\nHost: a\r\n\r\n"),
        BadRequest("method after a body's rest", [400, 501], "helloGET /none HTTP/1.1\r\nHost: a\r\n\r\n"),
    ]

    static let sizes = [
        BadRequest("target of 70 KB", [414], get("/" + String(repeating: "x", count: 70_000))),
        BadRequest("target of 70 KB without an end", [414], "GET /" + String(repeating: "x", count: 70_000)),
        BadRequest("method of 70 KB", [400, 414], String(repeating: "X", count: 70_000)),
        BadRequest(
            "field of 70 KB",
            [431],
            "GET /none HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n"
        ),
        BadRequest(
            "field name of 70 KB",
            [400, 431],
            "GET /none HTTP/1.1\r\nHost: a\r\n" + String(repeating: "x", count: 70_000)
        ),
        BadRequest(
            "10,000 fields",
            [431],
            "GET /none HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: b\r\n", count: 10_000) + "\r\n"
        ),
        BadRequest(
            "101 fields",
            [431],
            "GET /none HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: b\r\n", count: 100) + "\r\n"
        ),
    ]
}

/// Writes the heads of answers and the frames of chunks; keeps the text of the current second's Date.
struct ResponseEncoder {
    /// How the end of the body is told to the client.
    enum Framing {
        /// Content-Length.
        case length(Int)
        /// Transfer-Encoding: chunked.
        case chunked
        /// The end of the connection, for streams to HTTP/1.0.
        case close
        /// Nothing, for statuses that have no body.
        case none
    }

    private var date: [UInt8] = []
    private var dateSecond = Int64.min

    /// Sets the time that the following answers carry, in seconds since 1970.
    mutating func setTime(second: Int64) {
        guard second != dateSecond else { return }
        dateSecond = second
        date = Array("Date: \(HTTPDate.text(second: second))\r\n".utf8)
    }

    /// Appends a head. False, with nothing appended, when a field could not stand in one.
    func appendHead(
        status: Int,
        headers: [(String, String)],
        framing: Framing,
        closes: Bool,
        to out: inout [UInt8]
    ) -> Bool {
        guard (200...599).contains(status) else { return false }
        let start = out.count
        Self.appendStatusLine(status, to: &out)
        out.append(contentsOf: date)
        for (name, value) in headers where !Self.isServerField(name) {
            guard Self.appendField(name, value, to: &out) else {
                out.removeSubrange(start...)
                return false
            }
        }
        switch framing {
        case .length(let length):
            out.append(contentsOf: "Content-Length: ".utf8)
            Self.appendDecimal(length, to: &out)
            out.append(contentsOf: "\r\n".utf8)
        case .chunked: out.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        case .close, .none: break
        }
        if closes { out.append(contentsOf: "Connection: close\r\n".utf8) }
        out.append(contentsOf: "\r\n".utf8)
        return true
    }

    /// Appends `bytes`, not empty, as one chunk.
    static func appendChunk(_ bytes: [UInt8], to out: inout [UInt8]) {
        precondition(!bytes.isEmpty, "an empty chunk would end the body")
        out.append(contentsOf: String(bytes.count, radix: 16).utf8)
        out.append(contentsOf: "\r\n".utf8)
        out.append(contentsOf: bytes)
        out.append(contentsOf: "\r\n".utf8)
    }

    /// Appends the chunk that ends a body.
    static func appendLastChunk(to out: inout [UInt8]) { out.append(contentsOf: "0\r\n\r\n".utf8) }

    private static func appendField(_ name: String, _ value: String, to out: inout [UInt8]) -> Bool {
        guard !name.isEmpty, name.utf8.allSatisfy(Bytes.isToken), value.utf8.allSatisfy(Bytes.isFieldValue) else {
            return false
        }
        out.append(contentsOf: name.utf8)
        out.append(contentsOf: ": ".utf8)
        out.append(contentsOf: value.utf8)
        out.append(contentsOf: "\r\n".utf8)
        return true
    }

    /// Fields that only the server writes.
    private static func isServerField(_ name: String) -> Bool {
        switch name.utf8.count {
        case 4: isEqual(name, "date")
        case 10: isEqual(name, "connection")
        case 14: isEqual(name, "content-length")
        case 17: isEqual(name, "transfer-encoding")
        default: false
        }
    }

    private static func isEqual(_ name: String, _ lowercase: String) -> Bool {
        name.utf8.lazy.map(Bytes.lowercased).elementsEqual(lowercase.utf8)
    }

    private static func appendStatusLine(_ status: Int, to out: inout [UInt8]) {
        if status == 200 {
            out.append(contentsOf: "HTTP/1.1 200 OK\r\n".utf8)
            return
        }
        out.append(contentsOf: "HTTP/1.1 ".utf8)
        appendDecimal(status, to: &out)
        out.append(Bytes.space)
        out.append(contentsOf: HTTPStatus.phrase(status).utf8)
        out.append(contentsOf: "\r\n".utf8)
    }

    private static func appendDecimal(_ number: Int, to out: inout [UInt8]) {
        guard number >= 10 else {
            out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number))
            return
        }
        appendDecimal(number / 10, to: &out)
        out.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}

/// What is known about statuses.
enum HTTPStatus {
    /// Whether an answer of this status never has a body (RFC 9110, 6.4.1).
    static func hasNoBody(_ status: Int) -> Bool { status < 200 || status == 204 || status == 304 }

    /// The words behind the number; clients ignore them.
    static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 207: "Multi-Status"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: "Status"
        }
    }
}

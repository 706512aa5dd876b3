import Glibc
import TestSupport
import TuskCore

/// What a test asks.
struct TestRequest: Sendable {
    var method = "GET"
    var path: String
    var headers: [(String, String)] = []
    var body: [UInt8]?
    var host = "localhost"

    /// The bytes on the wire.
    var bytes: [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        return Array((text + "\r\n").utf8) + (body ?? [])
    }
}

/// What it was told.
struct TestAnswer: Sendable {
    var status = 0
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a header field, by its name in lower case.
    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The body as JSON.
    var json: JSONValue {
        get throws {
            let limits = JSONLimits(bytesMax: 1 << 28, depthMax: 100, nodesMax: 10_000_000)
            return try JSONDocument(validating: body, limits: limits).root
        }
    }

    /// The text of a member of the body.
    func string(_ name: String) throws -> String? { try json.member(name)?.string }

    /// The end of `type` of a problem.
    var problem: String? {
        get throws {
            guard self["content-type"] == "application/problem+json" else { return nil }
            return try string("type").map { String($0.dropFirst("urn:tusk:problem:".count)) }
        }
    }

    /// The pointers of a problem's errors.
    var pointers: [String] {
        get throws {
            guard let errors = try json.member("errors") else { return [] }
            return errors.elements.compactMap { $0.member("pointer")?.string }
        }
    }

    /// The codes of a problem's errors.
    var codes: [String] {
        get throws {
            guard let errors = try json.member("errors") else { return [] }
            return errors.elements.compactMap { $0.member("code")?.string }
        }
    }
}

/// One connection, used by one thread at a time; its calls block.
final class TestClient {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    /// Connects to `host:port`; no answer takes longer than `timeoutSeconds`.
    init(_ address: String, timeoutSeconds: Int = 30) throws {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw Broken(description: "no address: \(address)")
        }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, String(parts[0]), &place.sin_addr)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else { throw Broken(description: "cannot connect to \(address): \(errno)") }
    }

    deinit { close(descriptor) }

    /// Sends a request and waits for its answer.
    func ask(_ request: TestRequest) throws -> TestAnswer {
        try send(request.bytes)
        return try answer(hasBody: request.method != "HEAD")
    }

    /// Sends bytes.
    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Broken(description: "cannot send: \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads an answer, after those of earlier requests.
    func answer(hasBody: Bool = true) throws -> TestAnswer {
        var answer = try head()
        guard hasBody, answer.status != 204, answer.status != 304 else { return answer }
        if answer["transfer-encoding"] == "chunked" {
            while let chunk = try chunk() { answer.body += chunk }
        } else if let count = answer["content-length"].flatMap({ Int($0) }) {
            answer.body = try take(count)
        }
        return answer
    }

    /// Reads the head of an answer.
    func head() throws -> TestAnswer {
        var answer = TestAnswer()
        let status = try line().split(separator: " ")
        guard status.count >= 2, let code = Int(status[1]) else { throw Broken(description: "no status line") }
        answer.status = code
        while true {
            let line = try line()
            guard !line.isEmpty else { break }
            guard let colon = line.firstIndex(of: ":") else { throw Broken(description: "no header field: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            answer.headers.append((line[..<colon].lowercased(), String(value)))
        }
        if answer.status == 100 { return try head() }
        return answer
    }

    /// Reads a chunk of a body; nil at its end.
    func chunk() throws -> [UInt8]? {
        guard let size = Int(try line(), radix: 16) else { throw Broken(description: "no chunk size") }
        let bytes = try take(size)
        _ = try line()
        return size == 0 ? nil : bytes
    }

    private func line() throws -> String {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end].dropLast(), as: UTF8.self)
                buffer.removeFirst(end + 1)
                return line
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count { try receive() }
        let bytes = Array(buffer.prefix(count))
        buffer.removeFirst(count)
        return bytes
    }

    private func receive() throws {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else {
            throw Broken(description: count == 0 ? "the connection ended" : "nothing received: \(errno)")
        }
        buffer += piece.prefix(count)
    }
}

/// The addresses of this machine.
enum LocalNetwork {
    /// An IPv4 address that is not loopback; nil when there is none.
    static let address: String? = {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else { continue }
            let number = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: UInt32(bigEndian: number) >> (24 - 8 * $0)) }
            if bytes[0] != 127 { return bytes.map(String.init).joined(separator: ".") }
        }
        return nil
    }()
}

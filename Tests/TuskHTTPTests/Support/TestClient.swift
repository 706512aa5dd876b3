import Glibc

@testable import TuskHTTP

/// A client of raw bytes: one blocking socket on loopback, whose reads give up after a while.
final class TestClient {
    /// Why a read gave nothing.
    enum Failure: Error {
        case connect(Int32)
        case send(Int32)
        case timeout
        case reset
        case malformed(String)
    }

    /// How long a read waits before it fails the test, in seconds.
    private static let readSeconds = 20

    let descriptor: Int32
    private var buffered: [UInt8] = []

    init(_ address: String, receiveBufferBytes: Int32? = nil) throws {
        let parsed = try require(SocketAddress(address))
        descriptor = socket(parsed.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        setReadTimeout(milliseconds: Self.readSeconds * 1000)
        let result = parsed.with { connect(descriptor, $0, $1) }
        guard result == 0 else { throw Failure.connect(errno) }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    func setReadTimeout(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends all bytes; a connection the server has closed is an error.
    func send(_ bytes: [UInt8]) throws { try Self.send(bytes, to: descriptor) }

    /// Sends all bytes from any thread.
    static func send(_ bytes: [UInt8], to descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.send(errno) }
            sent += count
        }
    }

    /// Sends what the system takes without waiting longer than `milliseconds`; the count.
    func sendSome(_ bytes: [UInt8], milliseconds: Int32) -> Int {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&entry, 1, milliseconds) == 1 else { return 0 }
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        return max(0, count)
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Receives once; false at the end of the connection.
    @discardableResult
    func receive() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw errno == EAGAIN ? Failure.timeout : Failure.reset }
        buffered.append(contentsOf: piece[..<count])
        return count > 0
    }

    /// Takes up to `count` bytes that are there, receiving once when there are none; nil at the end.
    func piece(upTo count: Int = .max) throws -> [UInt8]? {
        if buffered.isEmpty, try !receive() { return nil }
        let taken = Array(buffered.prefix(count))
        buffered.removeFirst(taken.count)
        return taken
    }

    /// Everything until the server closes.
    func rest() throws -> [UInt8] {
        while try receive() {}
        defer { buffered = [] }
        return buffered
    }

    /// Whether the server closes without another byte.
    func isClosedByServer() throws -> Bool { try buffered.isEmpty && !receive() }

    func line() throws -> String {
        while true {
            if let end = buffered.firstIndex(of: 0x0A) {
                let line = String(decoding: buffered[..<end], as: UTF8.self)
                buffered.removeFirst(end + 1)
                guard line.utf8.last == 0x0D else { throw Failure.malformed(line) }
                return String(line.dropLast())
            }
            guard try receive() else { throw Failure.malformed("the connection ended inside a line") }
        }
    }

    func bytes(_ count: Int) throws -> [UInt8] {
        while buffered.count < count {
            guard try receive() else { throw Failure.malformed("the connection ended inside a body") }
        }
        defer { buffered.removeFirst(count) }
        return Array(buffered[..<count])
    }

    /// The next answer with its body.
    func response(toHead: Bool = false) throws -> TestResponse {
        var response = try responseHead()
        guard !toHead, response.status >= 200, response.status != 204, response.status != 304 else { return response }
        if response["Transfer-Encoding"] == "chunked" {
            while let chunk = try chunk() { response.body += chunk }
        } else if let length = response["Content-Length"].flatMap(Int.init) {
            response.body = try bytes(length)
        } else {
            response.body = try rest()
        }
        return response
    }

    /// The head of the next answer.
    func responseHead() throws -> TestResponse {
        let status = try line().split(separator: " ", maxSplits: 2)
        guard status.count > 1, status[0] == "HTTP/1.1", let code = Int(status[1]) else {
            throw Failure.malformed("\(status)")
        }
        var response = TestResponse(status: code)
        while case let line = try line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(line) }
            response.headers.append((String(line[..<colon]), String(line[colon...].dropFirst(2))))
        }
        return response
    }

    /// The next chunk of a body; nil for the last.
    func chunk() throws -> [UInt8]? {
        let size = try line()
        guard let count = Int(size, radix: 16) else { throw Failure.malformed(size) }
        let data = try bytes(count)
        let end = try line()
        guard end.isEmpty else { throw Failure.malformed(end) }
        return count == 0 ? nil : data
    }
}

/// An answer as the client got it.
struct TestResponse {
    let status: Int
    var headers: [(String, String)] = []
    var body: [UInt8] = []

    init(status: Int) { self.status = status }

    subscript(name: String) -> String? { headers.first { $0.0 == name }?.1 }

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// What `#require` is, for code that is no test.
func require<T>(_ value: T?) throws -> T {
    guard let value else { throw TestClient.Failure.malformed("nothing there") }
    return value
}

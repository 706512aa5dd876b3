import Foundation
import Synchronization
import Testing

/// A server of this machine that reads requests and answers as a test says, one connection after the other.
final class LoopbackServer: Sendable {
    let port: Int
    private let listener: Int32
    private let received = Mutex<[String]>([])
    private let accepted = Mutex(0)
    private let closed = Mutex(0)

    /// `answer` gets each request, head and body, and returns the bytes to send; the connection is closed then, unless
    /// it is kept open: then it serves one connection until the other side closes it.
    /// With `trickling` a byte follows every 20 milliseconds for as long as the other side takes it.
    convenience init(
        keepsOpen: Bool = false,
        trickling: Bool = false,
        _ answer: @escaping @Sendable (String) -> String
    ) throws {
        try self.init(keepsOpen: keepsOpen, trickling: trickling, bytes: { Array(answer($0).utf8) })
    }

    /// The same for answers that are no text.
    init(
        keepsOpen: Bool = false,
        trickling: Bool = false,
        bytes answer: @escaping @Sendable (String) -> [UInt8]
    ) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name -> Bool in
                bind(listener, name, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, name, &length) == 0
            }
        }
        try #require(isListening)
        self.port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    // Here and not elsewhere: the number may be another socket's as soon as it is closed.
                    close(listener)
                    return
                }
                self?.accepted.withLock { $0 += 1 }
                repeat {
                    let request = Self.read(connection)
                    if keepsOpen, request.isEmpty { break }
                    self?.received.withLock { $0.append(request) }
                    let bytes = answer(request)
                    _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                    if trickling { Self.trickle(connection) }
                } while keepsOpen
                close(connection)
                self?.closed.withLock { $0 += 1 }
            }
        }
        thread.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// What was asked so far.
    var requests: [String] { received.withLock { $0 } }

    /// How many connections were made.
    var connections: Int { accepted.withLock { $0 } }

    /// How many of them are over.
    var closedConnections: Int { closed.withLock { $0 } }

    var url: String { "http://127.0.0.1:\(port)" }

    private static func trickle(_ connection: Int32) {
        var byte = UInt8(ascii: "x")
        var event = pollfd(fd: connection, events: 0, revents: 0)
        while poll(&event, 1, 20) == 0, send(connection, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 {}
    }

    private static func read(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length = head.components(separatedBy: "content-length: ").dropFirst().first
                    .flatMap { Int($0.prefix { $0.isNumber }) }
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return text }
            bytes += buffer.prefix(count)
        }
    }
}

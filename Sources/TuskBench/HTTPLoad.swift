import Glibc
import TuskStore

/// Connections that each send a request as soon as the last one was answered, driven by one thread with poll(2).
struct HTTPLoad {
    /// One keep-alive connection.
    private struct Connection {
        let descriptor: Int32
        var sentAt: ContinuousClock.Instant
        var received: [UInt8] = []
    }

    /// What came of it.
    struct Outcome {
        /// Answers with a 2xx status.
        var good = 0
        /// Answers with another status.
        var bad = 0
        /// Milliseconds from the request to the last byte of its answer, in the order of the answers.
        var latencies: [Double] = []
    }

    private let port: UInt16
    private let request: [UInt8]
    private let connections: Int

    /// A load of one request on a port of this machine.
    init(port: UInt16, request: String, connections: Int) {
        self.port = port
        self.request = Array(request.utf8)
        self.connections = connections
    }

    /// Sends requests for so long.
    func run(for time: Duration) throws -> Outcome {
        var open: [Connection] = []
        defer { for connection in open { close(connection.descriptor) } }
        for _ in 0..<connections { open.append(Connection(descriptor: try Loopback.connect(port), sentAt: .now)) }
        var outcome = Outcome()
        let end = ContinuousClock.now.advanced(by: time)
        for index in open.indices { try send(&open[index]) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var interests = open.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        while ContinuousClock.now < end {
            guard poll(&interests, nfds_t(interests.count), 1000) > 0 else { continue }
            for index in interests.indices where interests[index].revents != 0 {
                let count = read(interests[index].fd, &buffer, buffer.count)
                guard count > 0 else { throw BenchFailure("the server closed a connection") }
                open[index].received += buffer[..<count]
                guard let status = Self.takeAnswer(&open[index].received) else { continue }
                if (200..<300).contains(status) { outcome.good += 1 } else { outcome.bad += 1 }
                outcome.latencies.append(open[index].sentAt.duration(to: .now) / .milliseconds(1))
                try send(&open[index])
            }
        }
        return outcome
    }

    /// Requests are small, so a socket that waits for nothing else takes them whole.
    private func send(_ connection: inout Connection) throws {
        connection.sentAt = .now
        guard write(connection.descriptor, request, request.count) == request.count else {
            throw BenchFailure("cannot send a request: errno \(errno)")
        }
    }

    /// Removes a whole answer from the front and tells its status; nil when it is not all there.
    static func takeAnswer(_ bytes: inout [UInt8]) -> Int? {
        guard let headEnd = end(ofHead: bytes), bytes.count > 12 else { return nil }
        let digits = bytes[9..<12].map { Int($0) - 48 }
        let length = contentLength(bytes[..<headEnd])
        guard bytes.count >= headEnd + length else { return nil }
        bytes.removeSubrange(..<(headEnd + length))
        return digits[0] * 100 + digits[1] * 10 + digits[2]
    }

    private static func end(ofHead bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 && bytes[index - 3] == 13 {
            return index + 1
        }
        return nil
    }

    /// The value of `Content-Length`; 0 without.
    private static func contentLength(_ head: ArraySlice<UInt8>) -> Int {
        let name = Array("content-length:".utf8)
        for line in head.split(separator: 10) where line.count > name.count {
            guard zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { continue }
            return line.dropFirst(name.count).reduce(0) { (48...57).contains($1) ? $0 * 10 + Int($1) - 48 : $0 }
        }
        return 0
    }
}

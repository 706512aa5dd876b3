import Glibc

/// One GET request, small enough for a health check: no TLS, no redirects, an answer of a few KiB.
enum HTTPProbe {
    /// Whom to ask for what.
    struct Target: Sendable, Equatable {
        let host: String
        let port: String
        let path: String

        var text: String { "http://\(authority)\(path)" }
        var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        init(host: String, port: String, path: String) {
            self.host = host
            self.port = port
            self.path = path
        }

        /// Reads `http://host`, `http://host:port` or `http://[::1]:port`.
        init?(_ text: String, path: String) {
            guard text.hasPrefix("http://") else { return nil }
            var rest = text.dropFirst("http://".count)
            if rest.hasSuffix("/") { rest = rest.dropLast() }
            let isLegal = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
            guard isLegal, !rest.isEmpty, !rest.contains("@"), !rest.contains("?"), !rest.contains("#") else {
                return nil
            }
            var port = "80"
            if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
                port = String(rest[rest.index(after: colon)...])
                rest = rest[..<colon]
                guard let number = UInt16(port), number > 0 else { return nil }
            }
            let isBracketed = rest.hasPrefix("[") && rest.hasSuffix("]")
            host = String(isBracketed ? rest.dropFirst().dropLast() : rest)
            guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
            self.port = port
            self.path = path
        }
    }

    /// What came back.
    struct Answer: Sendable, Equatable {
        let status: Int
        /// The beginning of the body.
        let body: String
    }

    /// The longest answer that is read, and how much of its body is kept.
    private static let answerBytesMax = 1 << 20
    private static let bodyMax = 500

    /// Asks, and waits at most so long altogether. Looking up a host's name has limits of its own.
    static func get(
        _ target: Target,
        limit: Duration,
        bodyMax: Int = Self.bodyMax
    ) throws(CommandError) -> Answer {
        let end = ContinuousClock.now.advanced(by: limit)
        let descriptor = try connect(target, end)
        defer { close(descriptor) }
        let head = ["GET \(target.path) HTTP/1.1", "Host: \(target.authority)", "Connection: close"]
        let request = head.joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = Array(request.utf8)
        // A request of this size fits into the buffer of a fresh socket.
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw unreachable(target, SystemError.words(errno))
        }
        return try answer(descriptor, target, end, bodyMax)
    }

    private static func connect(_ target: Target, _ end: ContinuousClock.Instant) throws(CommandError) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(target.host, target.port, &hints, &list)
        guard status == 0, let first = list else {
            throw unreachable(target, String(cString: gai_strerror(status)))
        }
        defer { freeaddrinfo(first) }
        var failure = "no address"
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let candidate = next {
            let info = candidate.pointee
            next = info.ai_next
            let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let descriptor = socket(info.ai_family, flags, 0)
            guard descriptor >= 0 else { continue }
            if Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return descriptor }
            var problem = errno
            if problem == EINPROGRESS {
                problem = isReady(descriptor, POLLOUT, end) ? pendingError(descriptor) : ETIMEDOUT
                if problem == 0 { return descriptor }
            }
            failure = SystemError.words(problem)
            close(descriptor)
        }
        throw unreachable(target, failure)
    }

    private static func answer(
        _ descriptor: Int32,
        _ target: Target,
        _ end: ContinuousClock.Instant,
        _ bodyMax: Int
    ) throws(CommandError) -> Answer {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while received.count < answerBytesMax {
            guard isReady(descriptor, POLLIN, end) else {
                throw CommandError(.unavailable, "http://\(target.authority) did not answer in time")
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 { received += buffer.prefix(count) }
            if count == 0 { break }
            if count < 0, errno != EAGAIN, errno != EINTR { throw unreachable(target, SystemError.words(errno)) }
        }
        let text = String(decoding: received, as: UTF8.self)
        let words = text.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw CommandError(.unavailable, "what answers at http://\(target.authority) does not speak HTTP")
        }
        let body = text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...].prefix(bodyMax) } ?? ""
        return Answer(status: status, body: String(body))
    }

    private static func isReady(_ descriptor: Int32, _ events: Int32, _ end: ContinuousClock.Instant) -> Bool {
        var interest = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        while true {
            let rest = ContinuousClock.now.duration(to: end)
            guard rest > .zero else { return false }
            let count = poll(&interest, 1, Int32(clamping: Int64(rest / .milliseconds(1)) + 1))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }

    private static func pendingError(_ descriptor: Int32) -> Int32 {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
        return error
    }

    private static func unreachable(_ target: Target, _ why: String) -> CommandError {
        CommandError(.unavailable, "nobody answers at http://\(target.authority): \(why)")
    }
}

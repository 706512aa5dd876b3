import Glibc

/// The socket calls of a `FaultProxy`.
enum ProxySocket {
    /// A socket call that failed.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// An IPv4 address, or nil when the text is none; `localhost` is 127.0.0.1.
    static func address(_ host: String, _ port: UInt16) -> sockaddr_in? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        let isParsed = inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &address.sin_addr) == 1
        return isParsed ? address : nil
    }

    /// Listens on a free port of 127.0.0.1.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = stream()
        guard descriptor >= 0, var address = address("127.0.0.1", 0) else { throw failure("socket") }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && Glibc.listen(descriptor, 64) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isListening else { throw failure("listen") }
        prepare(descriptor)
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Connects to a server on this machine, which takes no time worth waiting for; nil when it refuses.
    static func connect(_ address: sockaddr_in) -> Int32? {
        let descriptor = stream()
        guard descriptor >= 0 else { return nil }
        let isConnected = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            return nil
        }
        prepare(descriptor)
        return descriptor
    }

    /// Two connected descriptors, to wake a thread that polls one of them.
    static func pair() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else { throw failure("socketpair") }
        return (ends[0], ends[1])
    }

    /// Makes calls return at once, and small pieces leave at once.
    static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var one: Int32 = 1
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Closes with a reset, as a broken connection does.
    static func reset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    /// Reads away what made a descriptor readable.
    static func drain(_ descriptor: Int32) {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(descriptor, &bytes, 16) > 0 {}
    }

    private static func stream() -> Int32 {
        socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    private static func failure(_ call: String) -> Failure {
        Failure(description: "\(call) failed with errno \(errno)")
    }
}

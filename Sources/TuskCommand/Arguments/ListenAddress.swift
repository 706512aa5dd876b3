import Glibc
import TuskHTTP

/// Where a server listens: a literal IP address and a port.
struct ListenAddress: Sendable, Hashable {
    /// `127.0.0.1:8080` or `[::1]:8080`.
    let text: String
    /// The address without brackets.
    let host: String
    /// 0 lets the system choose.
    let port: UInt16
    /// Whether only this machine reaches it.
    let isLoopback: Bool

    /// Reads `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080` or `:8080` (all IPv4 addresses of the machine).
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }),
            let port = UInt16(digits)
        else { return nil }
        self.port = port
        let written =
            switch text[..<colon] {
            case "": "0.0.0.0"
            case "localhost": "127.0.0.1"
            case let host: String(host)
            }
        guard let address = IPAddress(written) else { return nil }
        host = address.text
        isLoopback = address.isLoopback
        self.text = "\(address.urlText):\(port)"
    }

    /// Why nobody can listen here at this moment, as the system's error number; nil when it can be done. Says so before
    /// a start that takes a while; the start itself is what decides.
    func obstacle() -> Int32? {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0, let first = list else { return nil }
        defer { freeaddrinfo(first) }
        let descriptor = socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isFree =
            bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 && Glibc.listen(descriptor, 1) == 0
        return isFree ? nil : errno
    }
}

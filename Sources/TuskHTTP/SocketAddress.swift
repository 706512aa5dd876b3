import Glibc

/// An IP address and a port, as the system wants them.
@safe struct SocketAddress: Sendable {
    private(set) var storage = sockaddr_storage()
    private(set) var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    /// An address to be filled in by the system.
    init() {}

    /// The address that `text` spells: `127.0.0.1:8080`, `[::1]:8080`; nil for anything else. Names are not resolved.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        if host.first == "[", host.last == "]" {
            self.init(version6: String(host.dropFirst().dropLast()), port: port)
        } else {
            self.init(version4: String(host), port: port)
        }
    }

    private init?(version4 host: String, port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in.self) }
        length = socklen_t(MemoryLayout<sockaddr_in>.size)
    }

    private init?(version6 host: String, port: UInt16) {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        guard unsafe inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
        unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: address, as: sockaddr_in6.self) }
        length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ Bytes.digit($0) != nil }) else { return nil }
        return UInt16(text)
    }

    /// `AF_INET` or `AF_INET6`.
    var family: Int32 { Int32(storage.ss_family) }

    /// Whether the address is of version 6.
    var isVersion6: Bool { family == AF_INET6 }

    /// Calls `body` with the address as the system wants it.
    func with<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// Calls `body` to let the system write an address.
    mutating func fill<R>(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> R) -> R {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { [length] pointer in
            var written = length
            defer { self.length = written }
            return unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, &written) }
        }
    }

    /// The bytes of the IP address: 4 or 16.
    var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: storage) { raw in
            if isVersion6 {
                return unsafe withUnsafeBytes(of: raw.load(as: sockaddr_in6.self).sin6_addr) { unsafe Array($0) }
            }
            return unsafe withUnsafeBytes(of: raw.load(as: sockaddr_in.self).sin_addr) { unsafe Array($0) }
        }
    }

    /// The port; both families have it at the same place.
    var port: UInt16 {
        unsafe withUnsafeBytes(of: storage) { unsafe UInt16(bigEndian: $0.load(as: sockaddr_in.self).sin_port) }
    }

    /// The IP address alone.
    var host: String {
        guard isVersion6 else { return bytes.map(String.init).joined(separator: ".") }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let capacity = socklen_t(text.count)
        let hasText = unsafe bytes.withUnsafeBytes { raw in
            unsafe text.withUnsafeMutableBufferPointer {
                unsafe inet_ntop(AF_INET6, raw.baseAddress, $0.baseAddress, capacity) != nil
            }
        }
        precondition(hasText, "16 bytes are an address")
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Address and port, as `init` reads them.
    var text: String { isVersion6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The other end of a connection.
struct PeerAddress: Sendable {
    /// What connections of one origin have in common: the address, or the /64 network of an IPv6 address, because one
    /// customer has at least that many.
    struct Origin: Hashable, Sendable {
        let isVersion6: Bool
        let number: UInt64
    }

    /// The IP address alone.
    let text: String
    /// Whether the other end is on this machine.
    let isLoopback: Bool
    /// What limits are counted by.
    let origin: Origin

    init(_ address: SocketAddress) {
        let bytes = address.bytes
        text = address.host
        isLoopback = address.isVersion6 ? bytes == Array(repeating: 0, count: 15) + [1] : bytes.first == 127
        origin = Origin(
            isVersion6: address.isVersion6,
            number: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        )
    }
}

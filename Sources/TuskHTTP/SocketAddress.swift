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
        guard let address = IPAddress(text[..<colon]) else { return nil }
        self.init(address, port: port)
    }

    private init(_ address: IPAddress, port: UInt16) {
        if address.isVersion6 {
            var place = sockaddr_in6()
            place.sin6_family = sa_family_t(AF_INET6)
            place.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &place.sin6_addr) { unsafe $0.copyBytes(from: address.bytes) }
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: place, as: sockaddr_in6.self) }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        } else {
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &place.sin_addr) { unsafe $0.copyBytes(from: address.bytes) }
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: place, as: sockaddr_in.self) }
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
        }
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

    /// The address without the port.
    var address: IPAddress {
        unsafe withUnsafeBytes(of: storage) { raw in
            if isVersion6 {
                let place = unsafe raw.load(as: sockaddr_in6.self)
                return unsafe withUnsafeBytes(of: place.sin6_addr) { unsafe IPAddress(bytes: Array($0)) }
            }
            let place = unsafe raw.load(as: sockaddr_in.self)
            return unsafe withUnsafeBytes(of: place.sin_addr) { unsafe IPAddress(bytes: Array($0)) }
        }
    }

    /// The port; both families have it at the same place.
    var port: UInt16 {
        unsafe withUnsafeBytes(of: storage) { unsafe UInt16(bigEndian: $0.load(as: sockaddr_in.self).sin_port) }
    }

    /// Address and port, as `init` reads them.
    var text: String { "\(address.urlText):\(port)" }
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

    init(_ socketAddress: SocketAddress) {
        let address = socketAddress.address
        text = address.text
        isLoopback = address.isLoopback
        origin = Origin(
            isVersion6: address.isVersion6,
            number: address.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        )
    }
}

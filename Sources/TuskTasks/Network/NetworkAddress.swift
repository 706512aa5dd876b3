import CCurl
import Glibc

/// An IP address as jobs may reach it or not. IPv4 in IPv6 counts as what it is, IPv4.
struct NetworkAddress: Sendable, Hashable {
    /// 4 or 16, the first first.
    let bytes: [UInt8]

    /// The address of a socket; nil for anything that is no IP.
    @unsafe init?(_ address: UnsafePointer<sockaddr>) {
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(
                unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    unsafe withUnsafeBytes(of: $0.pointee.sin_addr) { unsafe Array($0) }
                }
            )
        case AF_INET6:
            self.init(
                unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    unsafe withUnsafeBytes(of: $0.pointee.sin6_addr) { unsafe Array($0) }
                }
            )
        default: return nil
        }
    }

    /// Reads `192.0.2.1` or `2001:db8::1`. Source: inet_pton(3).
    init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        let isVersion6 = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isVersion6 ? 16 : 4)
        let result = unsafe bytes.withUnsafeMutableBytes {
            unsafe inet_pton(isVersion6 ? AF_INET6 : AF_INET, text, $0.baseAddress)
        }
        guard result == 1 else { return nil }
        self.init(bytes)
    }

    private init(_ bytes: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.dropFirst(12)) : bytes
    }
}

/// All addresses that begin with the same bits.
package struct Network: Sendable, Hashable {
    private let base: NetworkAddress
    private let bits: Int

    /// Reads `10.0.0.0/8`, `fd00::/8`, or an address for itself.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let base = NetworkAddress(parts[0]) else { return nil }
        let most = base.bytes.count * 8
        guard parts.count == 2 else {
            (self.base, bits) = (base, most)
            return
        }
        guard let bits = Int(parts[1]), String(bits) == parts[1], (0...most).contains(bits) else { return nil }
        (self.base, self.bits) = (base, bits)
    }

    /// Whether an address is in it.
    func contains(_ address: NetworkAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        for bit in stride(from: 0, to: bits, by: 8) {
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(8, bits - bit))
            guard address.bytes[bit / 8] & mask == base.bytes[bit / 8] & mask else { return false }
        }
        return true
    }
}

/// Which addresses jobs may connect to: those of the public internet, and those that the configuration allows.
package struct NetworkGuard: Sendable {
    /// What is not public of version 4. Source: IANA IPv4 Special-Purpose Address Registry, and RFC 1112 for 224/4.
    private static let closed = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    ].compactMap { Network($0) }
    /// Of version 6 only these are public, without those closed again, which are for documents or lead to version 4.
    /// Source: IANA IPv6 Special-Purpose Address Registry.
    private static let open6 = ["2000::/3"].compactMap { Network($0) }
    private static let closed6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].compactMap { Network($0) }

    private let allowed: [Network]

    /// Allows some networks besides the public ones.
    package init(allowing allowed: [Network]) {
        self.allowed = allowed
    }

    /// Whether jobs may connect there.
    func allows(_ address: NetworkAddress) -> Bool {
        let isIn = { (networks: [Network]) in networks.contains { $0.contains(address) } }
        if isIn(allowed) { return true }
        return address.bytes.count == 4 ? !isIn(Self.closed) : isIn(Self.open6) && !isIn(Self.closed6)
    }
}

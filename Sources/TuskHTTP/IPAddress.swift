import Glibc

/// An IP address without a port. Everything that asks whether an address is of this machine asks here.
///
/// Source: inet_pton(3), inet_ntop(3).
package struct IPAddress: Sendable, Hashable {
    /// 4 or 16 bytes, the first first.
    package let bytes: [UInt8]

    /// Reads an address as URLs and `Host` fields have it: `127.0.0.1`, or `[::1]` in brackets. Names are not resolved.
    package init?(_ text: some StringProtocol) {
        // A C string would end at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        if text.first == "[", text.last == "]" {
            self.init(String(text.dropFirst().dropLast()), AF_INET6, count: 16)
        } else {
            self.init(String(text), AF_INET, count: 4)
        }
    }

    private init?(_ text: String, _ family: Int32, count: Int) {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = unsafe bytes.withUnsafeMutableBytes { unsafe inet_pton(family, text, $0.baseAddress) }
        guard result == 1 else { return nil }
        self.bytes = bytes
    }

    /// An address from the bytes that the system gave.
    init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "an address has 4 or 16 bytes")
        self.bytes = bytes
    }

    /// Whether the address is of version 6.
    package var isVersion6: Bool { bytes.count == 16 }

    /// Whether only this machine has it: 127.0.0.0/8 and ::1.
    package var isLoopback: Bool {
        isVersion6 ? bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 } : bytes[0] == 127
    }

    /// The shortest text, without brackets: the same for each way to write an address.
    package var text: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let capacity = socklen_t(text.count)
        let hasText = unsafe bytes.withUnsafeBytes { raw in
            unsafe text.withUnsafeMutableBufferPointer {
                unsafe inet_ntop(isVersion6 ? AF_INET6 : AF_INET, raw.baseAddress, $0.baseAddress, capacity) != nil
            }
        }
        precondition(hasText, "4 or 16 bytes are an address")
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The text as URLs have it: version 6 in brackets.
    package var urlText: String { isVersion6 ? "[\(text)]" : text }
}

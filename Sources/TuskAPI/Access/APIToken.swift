import TuskStore

/// A token that lets its bearer call the API: `tusk_<key id>_<secret>_<check>`.
///
/// The prefix and the check let scanners find tokens in places where they must not be, without asking anybody. The key
/// id is public and says which row of the database to compare with; the database has only the digest of the whole.
package struct APIToken: Sendable {
    /// What every token starts with.
    package static let prefix = "tusk"
    /// Digits of the public part, drawn at random.
    package static let keyIDCount = 12
    /// Digits of the secret: 256 bits in base 62.
    package static let secretCount = 43
    /// Digits of the check: a CRC-32 of everything before the last underscore.
    package static let checkCount = 6

    /// The token as its bearer keeps it. Shown once, never logged.
    package let text: String
    /// The public part.
    package let keyID: String
    /// SHA-256 of the token, which is what the database keeps.
    package let hash: [UInt8]

    /// A new token from the system's random numbers.
    package static func random() -> APIToken {
        let keyID = Base62.random(count: keyIDCount)
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return APIToken(keyID: keyID, secret: Base62.text(secret, count: secretCount))
    }

    private init(keyID: [UInt8], secret: [UInt8]) {
        let separator = UInt8(ascii: "_")
        let body = Array(Self.prefix.utf8) + [separator] + keyID + [separator] + secret
        let bytes = body + [separator] + Self.check(body)
        text = String(decoding: bytes, as: UTF8.self)
        self.keyID = String(decoding: keyID, as: UTF8.self)
        hash = Digest.sha256(bytes)
    }

    /// The token that the bytes spell; nil when they do not have the form, or the check is wrong.
    package init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        let parts = bytes.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard
            parts.count == 4, parts[0].elementsEqual(Self.prefix.utf8), parts[1].count == Self.keyIDCount,
            parts[2].count == Self.secretCount, parts[3].count == Self.checkCount,
            parts.dropFirst().allSatisfy({ $0.allSatisfy(Base62.isDigit) }),
            parts[3].elementsEqual(Self.check(bytes.dropLast(Self.checkCount + 1)))
        else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
        keyID = String(decoding: parts[1], as: UTF8.self)
        hash = Digest.sha256(bytes)
    }

    private static func check(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let sum = CRC32.sum(bytes)
        return Base62.text((0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }, count: checkCount)
    }
}

extension APIToken: CustomStringConvertible {
    /// Without the secret.
    package var description: String { "\(Self.prefix)_\(keyID)_..." }
}

/// The checksum of Ethernet, gzip and PNG. Source: ISO 3309; RFC 1952, section 8.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
    }

    static func sum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8) }
    }
}

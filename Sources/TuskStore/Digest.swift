import CCrypto

/// SHA-256, by OpenSSL's libcrypto.
///
/// Source: OpenSSL 3.0 manual, SHA256(3) and CRYPTO_memcmp(3).
package enum Digest {
    /// How many bytes a digest has.
    package static let byteCount = 32

    /// The digest of some bytes.
    package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let input = Array(bytes)
        return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            _ = unsafe SHA256(input, input.count, output.baseAddress)
            count = byteCount
        }
    }

    /// Whether two byte strings are equal, in a time that depends on their lengths only.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Lower-case hexadecimal digits of some bytes.
    package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

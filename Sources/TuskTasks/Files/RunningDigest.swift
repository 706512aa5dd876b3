import CCrypto

/// A SHA-256 that grows with what is read or written. One thread at a time.
///
/// Source: OpenSSL 3.0 manual, EVP_DigestInit(3).
@safe final class RunningDigest {
    private let context: OpaquePointer

    init() {
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("no memory for a digest")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Adds a part of a buffer.
    func add(_ buffer: [UInt8], _ part: Range<Int>) {
        let bytes = buffer.span.extracting(part)
        let isTaken = unsafe bytes.withUnsafeBufferPointer {
            unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
        precondition(isTaken == 1, "the digest takes no more bytes")
    }

    /// Lower-case hexadecimal digits of the digest of everything so far; more may be added afterwards.
    var hexadecimal: String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let copy = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(copy) }
        let isMade = unsafe EVP_MD_CTX_copy_ex(copy, context) == 1 && EVP_DigestFinal_ex(copy, &bytes, nil) == 1
        precondition(isMade, "the digest cannot be made")
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

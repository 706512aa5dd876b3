import CCrypto
import CCurl

/// Certificates of authorities that may vouch for servers, besides those the system trusts.
///
/// Source: libcurl 7.88, CURLOPT_CAINFO_BLOB(3), CURLINFO_CAINFO(3); OpenSSL 3.0 manual, PEM_read_bio_X509(3).
package struct TrustedAuthorities: Sendable {
    /// All of them in PEM: the given ones, then those of the file that libcurl looks at by itself.
    let bytes: [UInt8]
    /// How many were given.
    package let count: Int

    /// What is wrong with them: the end of a sentence that starts with their file.
    package enum Fault: Error, Equatable, Sendable {
        case none
        case unreadable(number: Int)

        package var words: String {
            switch self {
            case .none: "has no certificate in PEM"
            case .unreadable(let number): "has a certificate that cannot be read, number \(number)"
            }
        }
    }

    /// Reads certificates in PEM; other text between them is passed over. `system`: those the system trusts, in PEM.
    package init(_ given: [UInt8], system: [UInt8]) throws(Fault) {
        count = try Self.count(given)
        bytes = given + [UInt8(ascii: "\n")] + system
    }

    /// The file with what the system trusts, as libcurl was built; nil: it looks at a directory only, which it does
    /// besides in any case.
    package static var systemFile: String? {
        guard let curl = unsafe curl_easy_init() else { return nil }
        defer { unsafe curl_easy_cleanup(curl) }
        return unsafe tusk_curl_ca_file(curl).map { unsafe String(cString: $0) }
    }

    private static func count(_ given: [UInt8]) throws(Fault) -> Int {
        let (count, isWhole) = unsafe given.withUnsafeBytes { bytes in
            guard let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
                return (0, true)
            }
            defer { unsafe BIO_free(source) }
            defer { ERR_clear_error() }
            var count = 0
            while let certificate = unsafe PEM_read_bio_X509(source, nil, nil, nil) {
                unsafe X509_free(certificate)
                count += 1
            }
            return (count, tusk_pem_is_at_end() != 0)
        }
        guard isWhole else { throw .unreadable(number: count + 1) }
        guard count > 0 else { throw .none }
        return count
    }
}

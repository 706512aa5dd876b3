import CCrypto
import Foundation

/// A key that requests are signed with, as Standard Webhooks has it. Printing it shows nothing of it.
///
/// Source: Standard Webhooks 1.0.0 (standardwebhooks.com), "Symmetric"; OpenSSL 3.0 manual, HMAC(3).
package struct WebhookKey: Sendable {
    private static let beginning = "whsec_"
    /// How many bytes a key may have.
    static let byteCounts = 24...64
    /// The headers of a signature.
    static let headerNames = ["webhook-id", "webhook-timestamp", "webhook-signature"]

    private let bytes: [UInt8]

    /// Reads `whsec_` and 24 to 64 bytes in base64; nil for anything else.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.beginning),
            let data = Data(base64Encoded: String(text.dropFirst(Self.beginning.count))),
            Self.byteCounts.contains(data.count)
        else { return nil }
        bytes = Array(data)
    }

    /// The three headers for a body, with a signature of each key, the first first: a receiver that knows any of them
    /// accepts it. `timestamp` is in seconds since 1970.
    static func headers(
        signedWith keys: [WebhookKey],
        id: String,
        timestamp: Int,
        body: [UInt8]
    ) -> [(name: String, value: String)] {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        let signatures = keys.map { "v1,\($0.signature(of: signed))" }.joined(separator: " ")
        return Array(zip(headerNames, [id, String(timestamp), signatures])).map { (name: $0.0, value: $0.1) }
    }

    private func signature(of signed: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let isMade = unsafe HMAC(EVP_sha256(), bytes, Int32(bytes.count), signed, signed.count, &digest, &count) != nil
        precondition(isMade && count == 32, "no signature can be made")
        return Data(digest.prefix(Int(count))).base64EncodedString()
    }
}

extension WebhookKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "\(Self.beginning)***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

package import TuskCore

/// The right to act on the jobs of one claim that was made from outside, by somebody who has no session here.
///
/// It names the claim's row in the table of workers and proves, by a secret whose digest is in that row, that its
/// bearer got the jobs. Ids of workers are shown to whoever may read; secrets are shown once.
package struct ClaimToken: Sendable {
    /// The worker that the claim was made as; of no other claim.
    package let worker: WorkerID
    private let secret: [UInt8]

    /// Bytes of the secret, drawn at random.
    private static let secretBytes = 16
    /// Hexadecimal digits of a token: of the worker's id, then of the secret.
    package static let digitCount = 64

    /// A token for a new claim.
    package static func random() -> ClaimToken {
        let secret = (0..<secretBytes).map { _ in UInt8.random(in: .min ... .max) }
        return ClaimToken(worker: .random(), secret: secret)
    }

    private init(worker: WorkerID, secret: [UInt8]) {
        self.worker = worker
        self.secret = secret
    }

    /// Reads what `text` gives; nil for anything but 64 lower-case hexadecimal digits.
    package init?(_ text: String) {
        let digits = text.utf8.compactMap(Self.value)
        guard text.utf8.count == Self.digitCount, digits.count == Self.digitCount else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        guard let worker = WorkerID(bytes: bytes.dropLast(Self.secretBytes)) else { return nil }
        self.init(worker: worker, secret: Array(bytes.suffix(Self.secretBytes)))
    }

    /// The token as its bearer keeps it. Never logged.
    package var text: String { Digest.hexadecimal(worker.bytes + secret) }

    /// What the database keeps of the secret.
    var hash: [UInt8] { Digest.sha256(secret) }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

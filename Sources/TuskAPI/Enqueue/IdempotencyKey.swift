import TuskCore
import TuskHTTP
import TuskStore

/// The client's name for a request, by which a repetition is known: 1...255 bytes.
///
/// Written as a string of RFC 8941 (`"9d0c..."`), as the draft on `Idempotency-Key` has it, or bare, as most clients
/// do.
struct IdempotencyKey: Sendable, Hashable {
    static let field = "Idempotency-Key"
    static let bytesMax = 255

    let bytes: [UInt8]

    /// The key in the header of a request; nil without one.
    static func of(_ request: HTTPRequest) throws(Problem) -> IdempotencyKey? {
        let fields = request.headers.all(field)
        guard !fields.isEmpty else { return nil }
        guard fields.count == 1, let key = IdempotencyKey(field: Array(fields[0].utf8)) else {
            throw .header(
                field,
                code: "invalid_idempotency_key",
                "\(field) is a string in double quotes, or a word, of 1 to \(bytesMax) bytes of ASCII."
            )
        }
        return key
    }

    /// Takes any bytes, for keys that stand in JSON; nil for none and for too many.
    init?(bytes: [UInt8]) {
        guard (1...Self.bytesMax).contains(bytes.count) else { return nil }
        self.bytes = bytes
    }

    init?(field: [UInt8]) {
        guard field.first == UInt8(ascii: "\"") else {
            guard field.allSatisfy(Self.isBare) else { return nil }
            self.init(bytes: field)
            return
        }
        guard field.count >= 2, field.last == UInt8(ascii: "\""),
            let text = Self.unescaped(field.dropFirst().dropLast())
        else { return nil }
        self.init(bytes: text)
    }

    /// The contents of a string: printable ASCII, with a backslash before each quote and backslash.
    ///
    /// Source: RFC 8941, section 3.3.3.
    private static func unescaped(_ contents: ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        var isEscaped = false
        for byte in contents {
            let isSpecial = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            guard (0x20...0x7E).contains(byte), isEscaped ? isSpecial : byte != UInt8(ascii: "\"") else { return nil }
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                text.append(byte)
                isEscaped = false
            }
        }
        return isEscaped ? nil : text
    }

    /// Visible ASCII but for what would begin a string, a list or a parameter.
    private static func isBare(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"\\,;".utf8.contains(byte)
    }
}

extension IdempotencyKey {
    /// What the store keeps of the key: keys of two principals never meet.
    func hash(for principal: Principal) -> [UInt8] {
        Digest.sha256(Array("idempotency key\0\(principal.id)\0".utf8) + bytes)
    }

    /// What the store compares repetitions by: the operation and the very bytes of what was asked.
    static func fingerprint(_ operation: String, _ content: some Sequence<UInt8>) -> [UInt8] {
        Digest.sha256(Array("\(operation)\0".utf8) + content)
    }

    /// In the header of an answer that is given again.
    static let replayedField = ("Idempotency-Replayed", "true")

    /// The key was used for something else.
    static let mismatch = Problem(
        .idempotencyMismatch,
        "The idempotency key was used for a request with another body within the last 24 hours."
    )

    /// The first request is still under way.
    static let inFlight = Problem(
        .idempotencyInFlight,
        "The first request with this idempotency key is not finished; ask again for its answer."
    )
}

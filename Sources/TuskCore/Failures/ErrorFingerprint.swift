/// The name of a group of failures: 16 digits of the hexadecimal system, in lower case.
///
/// The database makes them, of kind, reason and message.
package struct ErrorFingerprint: Sendable, Hashable {
    package let text: String

    private static let count = 16
    /// The rule in words, to follow the name of a field.
    package static let rule = "must be \(count) digits of 0-9 and a-f"

    /// Checks `text` byte by byte.
    package init?(_ text: String) {
        let isDigit = { (byte: UInt8) in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard text.utf8.count == Self.count, text.utf8.allSatisfy(isDigit) else { return nil }
        self.text = text
    }
}

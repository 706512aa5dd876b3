/// The W3C trace context of a request, as its `traceparent` header has it.
///
/// Source: W3C Recommendation "Trace Context" (2021), section 3.2: `00-<32 digits>-<16 digits>-<2 digits>`.
package enum Traceparent {
    /// The length of version 00, the only one that is stored.
    package static let bytesCount = 55

    /// Whether `text` is 55 bytes of the form above: lower-case hexadecimal digits, a version other than ff, and
    /// neither id all zeros.
    package static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == bytesCount else { return false }
        for (index, byte) in bytes.enumerated() {
            let isRight = [2, 35, 52].contains(index) ? byte == UInt8(ascii: "-") : isLowerHexadecimal(byte)
            guard isRight else { return false }
        }
        let hasVersion = bytes[0..<2] != [UInt8(ascii: "f"), UInt8(ascii: "f")]
        return hasVersion && isNonzero(bytes[3..<35]) && isNonzero(bytes[36..<52])
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    private static func isNonzero(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.contains { $0 != UInt8(ascii: "0") }
    }
}

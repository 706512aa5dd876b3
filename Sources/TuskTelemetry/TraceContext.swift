/// Which trace a piece of work belongs to: what the header `traceparent` carries from a caller to a job's handler.
///
/// Source: W3C Recommendation "Trace Context", section 3.2.
package struct TraceContext: Sendable, Hashable {
    /// The trace, the same for all its spans; not zero.
    package let traceID: TraceID
    /// The span that is the parent of whatever is done next; not zero.
    package let spanID: UInt64
    /// Whether the caller may have recorded the trace.
    package let isSampled: Bool

    /// The 128 bits of a trace's id.
    package struct TraceID: Sendable, Hashable, CustomStringConvertible {
        package let high: UInt64
        package let low: UInt64

        /// 32 lower-case hexadecimal digits.
        package var description: String { TraceContext.digits(high) + TraceContext.digits(low) }
    }

    /// A new trace with its first span.
    package static func random(isSampled: Bool = false) -> TraceContext {
        // The low half is never zero, so the id as a whole is not.
        let trace = TraceID(high: .random(in: .min ... .max), low: .random(in: 1 ... .max))
        return TraceContext(traceID: trace, spanID: .random(in: 1 ... .max), isSampled: isSampled)
    }

    /// A new span in the same trace.
    package func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: .random(in: 1 ... .max), isSampled: isSampled)
    }

    /// Reads a header's value; nil for anything the specification calls invalid.
    ///
    /// Version 00 is exactly 55 characters. Later versions may be longer, and then what follows begins with a hyphen;
    /// of them the parts that version 00 has are used. Upper-case digits, version ff and ids of zeros are invalid.
    package init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        guard bytes.count >= 55, [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }) else { return nil }
        guard
            let version = Self.number(bytes[0..<2]),
            let high = Self.number(bytes[3..<19]),
            let low = Self.number(bytes[19..<35]),
            let span = Self.number(bytes[36..<52]),
            let flags = Self.number(bytes[53..<55])
        else { return nil }
        guard version != 0xFF, high | low != 0, span != 0 else { return nil }
        guard bytes.count == 55 || (version > 0 && bytes[55] == UInt8(ascii: "-")) else { return nil }
        self.init(traceID: TraceID(high: high, low: low), spanID: span, isSampled: flags & 1 == 1)
    }

    private init(traceID: TraceID, spanID: UInt64, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// The header's value, in version 00. Flags that we do not know are not passed on.
    package var traceparent: String {
        "00-\(traceID)-\(spanIDText)-\(isSampled ? "01" : "00")"
    }

    /// 16 lower-case hexadecimal digits.
    package var spanIDText: String { Self.digits(spanID) }

    private static func digits(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The value of at most 16 lower-case hexadecimal digits.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in digits {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            number = number << 4 | UInt64(digit)
        }
        return number
    }
}

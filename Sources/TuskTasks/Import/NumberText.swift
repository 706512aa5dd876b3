/// Numbers as PostgreSQL reads them.
enum NumberText {
    /// Why a value is no whole number of so many bits.
    static func faultOfInteger(_ value: Span<UInt8>, bits: Int) -> ValueFault? {
        let sign = value.behindSpaces(0)
        let first = value.behindSign(sign)
        guard !isForLaterVersions(value, first) else { return nil }
        let end = value.behindDigits(first)
        guard end > first, value.behindSpaces(end) == value.count else { return .notInteger }
        // Negative, because that side reaches further by one.
        let least = bits == 64 ? Int64.min : -(Int64(1) << (bits - 1))
        var negated: Int64 = 0
        for index in first..<end {
            let (product, overflow) = negated.multipliedReportingOverflow(by: 10)
            let (sum, more) = product.subtractingReportingOverflow(Int64(value[index] - UInt8(ascii: "0")))
            guard !overflow, !more, sum >= least else { return .integerTooLarge }
            negated = sum
        }
        return negated == least && value[sign] != UInt8(ascii: "-") ? .integerTooLarge : nil
    }

    /// Why a value is no number, or has more than so many digits in front of the point.
    static func faultOfDecimal(_ value: Span<UInt8>, wholeDigitsMax: Int?) -> ValueFault? {
        let whole = value.behindSign(value.behindSpaces(0))
        guard !isForLaterVersions(value, whole) else { return nil }
        if value.byte(at: whole)?.isLetter == true { return faultOfName(value, whole) }
        let wholeEnd = value.behindDigits(whole)
        var digits = wholeEnd - whole
        var at = wholeEnd
        if value.byte(at: at) == UInt8(ascii: ".") {
            let end = value.behindDigits(at + 1)
            digits += end - at - 1
            at = end
        }
        guard digits > 0 else { return .notNumber }
        let hasExponent = value.byte(at: at)?.lowerCased == UInt8(ascii: "e")
        if hasExponent {
            let exponent = value.behindSign(at + 1)
            at = value.behindDigits(exponent)
            guard at > exponent else { return .notNumber }
        }
        guard value.behindSpaces(at) == value.count else { return .notNumber }
        guard let wholeDigitsMax, !hasExponent else { return nil }
        var significant = whole
        while significant < wholeEnd, value[significant] == UInt8(ascii: "0") { significant += 1 }
        return wholeEnd - significant > max(0, wholeDigitsMax) ? .numberTooLarge : nil
    }

    /// `NaN`, `Infinity` and what else C's strtod knows by name. Whether the type takes it is left to the server.
    private static func faultOfName(_ value: Span<UInt8>, _ start: Int) -> ValueFault? {
        let end = value.behindLetters(start)
        let name = start..<end
        guard value.reads("nan", in: name) || value.reads("inf", in: name) || value.reads("infinity", in: name) else {
            return .notNumber
        }
        // strtod takes `nan(0x1)` too.
        return value.behindSpaces(end) == value.count || value[end] == UInt8(ascii: "(") ? nil : .notNumber
    }

    /// Since version 16 there are `0x1F`, `0o17`, `0b1` and `1_000`; strtod has always known hexadecimal fractions.
    private static func isForLaterVersions(_ value: Span<UInt8>, _ first: Int) -> Bool {
        if value.byte(at: first) == UInt8(ascii: "0"), let mark = value.byte(at: first + 1)?.lowerCased {
            if [UInt8(ascii: "x"), UInt8(ascii: "o"), UInt8(ascii: "b")].contains(mark) { return true }
        }
        for index in 0..<value.count where value[index] == UInt8(ascii: "_") { return true }
        return false
    }
}

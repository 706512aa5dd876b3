// Numbers: the grammar of RFC 8259, section 6, and the limits on digits and exponents.
extension JSONScanner {
    /// Reads a number to past its last digit.
    @inline(__always)
    mutating func scanNumber(_ bytes: Span<UInt8>) throws(Fault) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let whole = position
        try scanDigits(bytes)
        guard bytes[whole] != UInt8(ascii: "0") || position == whole + 1 else {
            throw Fault(offset: start, reason: .invalidNumber)
        }
        guard position < bytes.count else { return try checkDigits(position - whole, from: start) }
        let byte = bytes[position]
        if byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") {
            try scanFractionAndExponent(bytes, start: start, whole: whole)
        } else {
            try checkDigits(position - whole, from: start)
        }
    }

    @inline(__always)
    private func checkDigits(_ count: Int, from start: Int) throws(Fault) {
        guard count <= limits.digitsMax else { throw Fault(offset: start, reason: .tooManyDigits) }
    }

    private mutating func scanFractionAndExponent(_ bytes: Span<UInt8>, start: Int, whole: Int) throws(Fault) {
        var significant = bytes[whole] == UInt8(ascii: "0") ? 0 : position - whole
        var leadingZeros = 0
        if bytes[position] == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            try scanDigits(bytes)
            if significant == 0 {
                while fraction + leadingZeros < position, bytes[fraction + leadingZeros] == UInt8(ascii: "0") {
                    leadingZeros += 1
                }
            }
            significant += position - fraction - leadingZeros
        }
        try checkDigits(significant, from: start)
        guard leadingZeros <= limits.exponentMax else { throw Fault(offset: start, reason: .exponentOutOfRange) }
        guard position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") else { return }
        try scanExponent(bytes, start: start)
    }

    private mutating func scanExponent(_ bytes: Span<UInt8>, start: Int) throws(Fault) {
        position += 1
        if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
            position += 1
        }
        let digits = position
        try scanDigits(bytes)
        var exponent = 0
        for index in digits..<position {
            exponent = exponent * 10 + Int(bytes[index] - UInt8(ascii: "0"))
            guard exponent <= limits.exponentMax else { throw Fault(offset: start, reason: .exponentOutOfRange) }
        }
    }

    /// Reads one digit or more.
    @inline(__always)
    private mutating func scanDigits(_ bytes: Span<UInt8>) throws(Fault) {
        var index = position
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") <= 9 { index += 1 }
        guard index > position else {
            throw Fault(offset: index, reason: index == bytes.count ? .unexpectedEnd : .invalidNumber)
        }
        position = index
    }
}

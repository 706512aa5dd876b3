/// The target of a request line, taken apart and checked (RFC 9112, 3.2).
///
/// A path never reaches a route with anything two programs could read in two ways: no dot segment, no encoded slash,
/// backslash or control byte, no byte outside RFC 3986, no encoding that is not UTF-8.
struct RequestTarget: Sendable {
    /// Where the authority of an absolute-form target stands; nil for the other forms.
    var authority: Range<Int>?
    /// Where the path stands as it came; empty when an absolute-form target has none.
    var rawPath: Range<Int>
    /// The decoded path, when it differs from `rawPath`.
    var decodedPath: [UInt8]?
    /// The parameters behind the question mark.
    var query = HTTPQuery()
    /// Whether the target is `*`.
    var isAsterisk = false

    /// Checks `bytes[range]`.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>, parametersMax: Int) throws(HTTPRefusal.Reason) {
        rawPath = range
        guard let first = range.first else { throw .target }
        if bytes[first] == UInt8(ascii: "*") {
            guard range.count == 1 else { throw .targetForm }
            isAsterisk = true
            return
        }
        var pathStart = range.lowerBound
        if bytes[first] != Bytes.slash {
            let authority = try Self.authority(bytes, range)
            self.authority = authority
            pathStart = authority.upperBound
        }
        let pathEnd = try Self.pathEnd(bytes, pathStart..<range.upperBound)
        rawPath = pathStart..<pathEnd.index
        if pathEnd.needsDecoding {
            decodedPath = try Self.decoded(bytes, rawPath)
        } else if pathEnd.hasDot {
            try Self.refuseDotSegments(bytes, rawPath)
        }
        if authority != nil, rawPath.isEmpty { decodedPath = [Bytes.slash] }
        if pathEnd.index < range.upperBound {
            query = try HTTPQuery(bytes, pathEnd.index + 1..<range.upperBound, parametersMax: parametersMax)
        }
    }

    /// The authority of `http://authority/path`; every other target that does not start with a slash is refused.
    private static func authority(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal.Reason) -> Range<Int> {
        for scheme in ["http://", "https://"] {
            let start = range.lowerBound + scheme.utf8.count
            guard start < range.upperBound, Bytes.equalIgnoringCase(bytes, range.lowerBound..<start, scheme) else {
                continue
            }
            var end = start
            while end < range.upperBound, bytes[end] != Bytes.slash, bytes[end] != UInt8(ascii: "?") { end += 1 }
            return start..<end
        }
        throw .targetForm
    }

    /// Where the path ends, and what was seen in it.
    private static func pathEnd(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>
    ) throws(HTTPRefusal.Reason) -> (index: Int, needsDecoding: Bool, hasDot: Bool) {
        var needsDecoding = false
        var hasDot = false
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if Bytes.isPath(byte) {
                hasDot = hasDot || byte == UInt8(ascii: ".")
            } else if byte == Bytes.percent {
                needsDecoding = true
            } else if byte == UInt8(ascii: "?") {
                break
            } else {
                throw .target
            }
            index += 1
        }
        return (index, needsDecoding, hasDot)
    }

    private static func decoded(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal.Reason) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            index += 1
            if byte == Bytes.percent {
                guard index + 1 < range.upperBound, let high = Bytes.hexDigit(bytes[index]),
                    let low = Bytes.hexDigit(bytes[index + 1])
                else { throw .targetEncoding }
                byte = high << 4 | low
                let isAmbiguous = byte == Bytes.slash || byte == UInt8(ascii: "\\")
                guard byte >= 0x20, byte != 0x7F, !isAmbiguous else { throw .targetEncoding }
                index += 2
            }
            plain.append(byte)
        }
        guard String(validating: plain, as: UTF8.self) != nil else { throw .targetEncoding }
        try refuseDotSegments(plain.span, 0..<plain.count)
        return plain
    }

    private static func refuseDotSegments(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal.Reason) {
        var segmentStart = range.lowerBound
        var index = range.lowerBound
        while index <= range.upperBound {
            if index == range.upperBound || bytes[index] == Bytes.slash {
                let length = index - segmentStart
                let isDots = (1...2).contains(length) && bytes[segmentStart] == UInt8(ascii: ".")
                guard !isDots || bytes[index - 1] != UInt8(ascii: ".") else { throw .dotSegment }
                segmentStart = index + 1
            }
            index += 1
        }
    }
}

/// The host of a request: a name or an address, with an optional port (RFC 9110, 7.2).
enum HostRule {
    /// Whether `bytes[range]` is a host; stricter than the grammar, which has names nobody uses and proxies misread.
    static func allows(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        var index = first
        if bytes[first] == UInt8(ascii: "[") {
            index += 1
            while index < range.upperBound, isAddress(bytes[index]) { index += 1 }
            guard index > first + 2, index < range.upperBound, bytes[index] == UInt8(ascii: "]") else { return false }
            index += 1
        } else {
            while index < range.upperBound, Bytes.isHostName(bytes[index]) { index += 1 }
            guard index > first else { return false }
        }
        guard index < range.upperBound else { return true }
        return bytes[index] == Bytes.colon && isPort(bytes, index + 1..<range.upperBound)
    }

    private static func isAddress(_ byte: UInt8) -> Bool {
        Bytes.hexDigit(byte) != nil || byte == Bytes.colon || byte == UInt8(ascii: ".")
    }

    private static func isPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count <= 5 else { return false }
        var port = 0
        for index in range {
            guard let digit = Bytes.digit(bytes[index]) else { return false }
            port = port * 10 + digit
        }
        return port <= 65535
    }
}

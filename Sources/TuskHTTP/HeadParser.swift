/// Reads a request line and header fields, line by line as bytes arrive; pure.
///
/// Each byte is looked at twice: once to find the end of its line, where control bytes and lone CR or LF are refused
/// at once, and once when the line is complete. Offsets count from the first byte of the request.
///
/// ```
/// blank line (one) --> request line --> field --> ... --> empty line: head complete
/// ```
struct HeadParser: Sendable {
    /// Start of the line that is not complete yet.
    private var lineStart = 0
    /// First byte not looked at yet.
    private var scanned = 0
    private var hasSkippedBlankLine = false
    /// The method, as soon as it is known.
    private(set) var method: HTTPMethod?
    private var requestLine: RequestLine?
    private var fieldsStart = 0
    private var fields: [HTTPHeaders.Field] = []
    private var framing = FramingFields()

    /// Goes on with all bytes of the request that are there; the result is the length of the complete head, or nil
    /// when more bytes are needed.
    mutating func advance(_ bytes: Span<UInt8>, _ limits: HTTPLimits) throws(HTTPRefusal.Reason) -> Int? {
        while let end = try lineEnd(bytes, limits) {
            let line = lineStart..<end
            lineStart = scanned
            guard requestLine != nil else {
                try startRequest(bytes, line, limits)
                continue
            }
            guard !line.isEmpty else { return scanned }
            try addField(bytes, line, fieldsMax: limits.headerFieldsMax)
        }
        return nil
    }

    /// The head that `advance` found complete; `bytes` is exactly its bytes.
    mutating func finish(_ bytes: [UInt8]) throws(HTTPRefusal.Reason) -> RequestHead {
        guard let line = requestLine else { preconditionFailure("a head is finished once it is complete") }
        let span = bytes.span
        try framing.checkHost(span, isVersion10: line.isVersion10)
        try framing.checkAuthority(span, line.target.authority)
        guard !line.target.isAsterisk || line.method == .options else { throw .targetForm }
        let body = try framing.body(isVersion10: line.isVersion10)
        return RequestHead(
            method: line.method,
            isVersion10: line.isVersion10,
            keepsConnection: !line.isVersion10 && !framing.hasClose,
            expectsContinue: framing.expectsContinue && !line.isVersion10,
            framing: body,
            query: line.target.query,
            headers: HTTPHeaders(bytes: bytes, fields: fields),
            isAsterisk: line.target.isAsterisk,
            targetRange: line.targetRange,
            pathRange: line.target.rawPath,
            decodedPath: line.target.decodedPath
        )
    }

    /// The index of the CR that ends the current line, or nil when the line is not complete.
    private mutating func lineEnd(_ bytes: Span<UInt8>, _ limits: HTTPLimits) throws(HTTPRefusal.Reason) -> Int? {
        var index = scanned
        while index < bytes.count {
            let byte = bytes[index]
            if byte >= 0x20 || byte == Bytes.tab {
                index += 1
                continue
            }
            guard byte == Bytes.carriageReturn else { throw byte == Bytes.lineFeed ? .bareLineFeed : .controlByte }
            guard index + 1 < bytes.count else { break }
            guard bytes[index + 1] == Bytes.lineFeed else { throw .bareCarriageReturn }
            try checkSize(upTo: index, limits)
            scanned = index + 2
            return index
        }
        try checkSize(upTo: index, limits)
        scanned = index
        return nil
    }

    private func checkSize(upTo index: Int, _ limits: HTTPLimits) throws(HTTPRefusal.Reason) {
        if requestLine == nil {
            guard index - lineStart <= limits.requestLineBytesMax else { throw .requestLineTooLong }
        } else {
            guard index - fieldsStart <= limits.headerBytesMax else { throw .headerTooLarge }
        }
    }

    private mutating func startRequest(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        _ limits: HTTPLimits
    ) throws(HTTPRefusal.Reason) {
        if line.isEmpty {
            // RFC 9112, 2.2: a server should ignore one empty line before the request line.
            guard !hasSkippedBlankLine else { throw .requestLine }
            hasSkippedBlankLine = true
            return
        }
        requestLine = try RequestLine(bytes, line, parametersMax: limits.queryParametersMax, method: &method)
        fieldsStart = scanned
    }

    private mutating func addField(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        fieldsMax: Int
    ) throws(HTTPRefusal.Reason) {
        guard fields.count < fieldsMax else { throw .headerFieldsTooMany }
        let first = bytes[line.lowerBound]
        guard first != Bytes.space, first != Bytes.tab else { throw .fieldFolded }
        var colon = line.lowerBound
        while colon < line.upperBound, Bytes.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == Bytes.colon else { throw .fieldName }
        let value = Bytes.trimmed(bytes, colon + 1..<line.upperBound)
        for index in value where bytes[index] == 0x7F { throw .controlByte }
        if fields.isEmpty { fields.reserveCapacity(16) }
        fields.append(
            HTTPHeaders.Field(
                nameStart: UInt32(truncatingIfNeeded: line.lowerBound),
                nameEnd: UInt32(truncatingIfNeeded: colon),
                valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
                valueEnd: UInt32(truncatingIfNeeded: value.upperBound)
            )
        )
        try framing.note(bytes, name: line.lowerBound..<colon, value: value)
    }
}

/// The three parts of a request line.
private struct RequestLine: Sendable {
    let method: HTTPMethod
    let targetRange: Range<Int>
    let target: RequestTarget
    let isVersion10: Bool

    /// `method` is set also when what follows it is refused.
    init(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        parametersMax: Int,
        method known: inout HTTPMethod?
    ) throws(HTTPRefusal.Reason) {
        var methodEnd = line.lowerBound
        while methodEnd < line.upperBound, Bytes.isToken(bytes[methodEnd]) { methodEnd += 1 }
        guard methodEnd > line.lowerBound, methodEnd < line.upperBound else { throw .requestLine }
        guard bytes[methodEnd] == Bytes.space else { throw .method }
        var targetEnd = methodEnd + 1
        while targetEnd < line.upperBound, bytes[targetEnd] != Bytes.space { targetEnd += 1 }
        guard targetEnd > methodEnd + 1, targetEnd < line.upperBound else { throw .requestLine }
        isVersion10 = try Self.isVersion10(bytes, targetEnd + 1..<line.upperBound)
        guard let method = HTTPMethod(bytes, line.lowerBound..<methodEnd) else {
            // Known to all, and nothing here has it: it would reflect credentials.
            throw Bytes.equal(bytes, line.lowerBound..<methodEnd, "TRACE") ? .methodNotAllowed : .methodUnknown
        }
        self.method = method
        known = method
        targetRange = methodEnd + 1..<targetEnd
        target = try RequestTarget(bytes, targetRange, parametersMax: parametersMax)
    }

    /// A higher minor version is treated as 1.1 (RFC 9110, 2.5).
    private static func isVersion10(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal.Reason) -> Bool {
        let start = range.lowerBound
        guard range.count == 8, Bytes.equal(bytes, start..<start + 5, "HTTP/"),
            let major = Bytes.digit(bytes[start + 5]), bytes[start + 6] == UInt8(ascii: "."),
            let minor = Bytes.digit(bytes[start + 7])
        else { throw .version }
        guard major == 1 else { throw .versionNotSupported }
        return minor == 0
    }
}

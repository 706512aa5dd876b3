/// The header fields that decide where a request ends and whose it is; the rest of the server never reads them.
///
/// Anything two programs could read in two ways is refused, because a proxy before this server that reads it the
/// other way hands one client's bytes to another (RFC 9112, 11.2).
struct FramingFields: Sendable {
    private var host: Range<Int>?
    private var contentLength: Int?
    private var transferEncodingCount = 0
    private var isChunked = false
    private var isCompressed = false

    /// Whether the client asked for the connection to be closed.
    private(set) var hasClose = false
    /// Whether the client waits for `100 Continue`.
    private(set) var expectsContinue = false

    /// Takes note of one field; most have names of no concern here, which their length tells.
    mutating func note(
        _ bytes: Span<UInt8>,
        name: Range<Int>,
        value: Range<Int>
    ) throws(HTTPRefusal.Reason) {
        switch name.count {
        case 4 where Bytes.equalIgnoringCase(bytes, name, "Host"):
            guard host == nil else { throw .hostRepeated }
            host = value
        case 6 where Bytes.equalIgnoringCase(bytes, name, "Expect"):
            guard Bytes.equalIgnoringCase(bytes, value, "100-continue") else { throw .expectation }
            expectsContinue = true
        case 10 where Bytes.equalIgnoringCase(bytes, name, "Connection"):
            noteConnection(bytes, value)
        case 14 where Bytes.equalIgnoringCase(bytes, name, "Content-Length"):
            guard contentLength == nil else { throw .contentLengthRepeated }
            contentLength = try Self.length(bytes, value)
        case 16 where Bytes.equalIgnoringCase(bytes, name, "Content-Encoding"):
            isCompressed = isCompressed || !Bytes.equalIgnoringCase(bytes, value, "identity")
        case 17 where Bytes.equalIgnoringCase(bytes, name, "Transfer-Encoding"):
            try noteTransferEncoding(bytes, value)
        default: break
        }
    }

    /// How the end of the body is known, once all fields have been noted.
    func body(isVersion10: Bool) throws(HTTPRefusal.Reason) -> RequestHead.Framing {
        if transferEncodingCount > 0 {
            guard contentLength == nil else { throw .lengthAndChunked }
            guard transferEncodingCount == 1, !isVersion10 else { throw .transferEncoding }
            guard isChunked else { throw .transferEncodingUnknown }
        }
        let framing = isChunked ? RequestHead.Framing.chunked : .length(contentLength ?? 0)
        guard !isCompressed || framing == .length(0) else { throw .contentEncoding }
        return framing
    }

    /// Exactly one valid host; HTTP/1.0 may go without.
    func checkHost(_ bytes: Span<UInt8>, isVersion10: Bool) throws(HTTPRefusal.Reason) {
        guard let host else {
            guard isVersion10 else { throw .hostMissing }
            return
        }
        guard HostRule.allows(bytes, host) else { throw .host }
    }

    /// The authority of an absolute-form target must be the host.
    func checkAuthority(_ bytes: Span<UInt8>, _ authority: Range<Int>?) throws(HTTPRefusal.Reason) {
        guard let authority else { return }
        guard HostRule.allows(bytes, authority) else { throw .targetForm }
        guard let host else { return }
        guard authority.count == host.count else { throw .misdirected }
        for offset in 0..<host.count {
            let left = Bytes.lowercased(bytes[authority.lowerBound + offset])
            guard left == Bytes.lowercased(bytes[host.lowerBound + offset]) else { throw .misdirected }
        }
    }

    private mutating func noteConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != UInt8(ascii: ",") { end += 1 }
            if Bytes.equalIgnoringCase(bytes, Bytes.trimmed(bytes, start..<end), "close") { hasClose = true }
            start = end + 1
        }
    }

    private mutating func noteTransferEncoding(
        _ bytes: Span<UInt8>,
        _ value: Range<Int>
    ) throws(HTTPRefusal.Reason) {
        transferEncodingCount += 1
        if Bytes.equalIgnoringCase(bytes, value, "chunked") {
            isChunked = true
            return
        }
        // RFC 9112, 6.3: 400 when the last coding is not chunked; 6.1: 501 for a coding that is not known.
        var last = value.upperBound
        while last > value.lowerBound, bytes[last - 1] != UInt8(ascii: ",") { last -= 1 }
        let coding = Bytes.trimmed(bytes, last..<value.upperBound)
        guard Bytes.equalIgnoringCase(bytes, coding, "chunked") else { throw .transferEncoding }
    }

    /// Digits and nothing else. A number too large for any body is refused as such.
    private static func length(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(HTTPRefusal.Reason) -> Int {
        guard !value.isEmpty else { throw .contentLength }
        var length = 0
        var isTooLong = false
        for index in value {
            guard let digit = Bytes.digit(bytes[index]) else { throw .contentLength }
            let (product, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            isTooLong = isTooLong || overflow || carry
            length = isTooLong ? 0 : sum
        }
        guard !isTooLong else { throw .bodyTooLarge }
        return length
    }
}

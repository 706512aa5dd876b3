/// Takes the chunks of a body apart (RFC 9112, 7.1), byte by byte where it is framing and in one piece where it is
/// data; pure. Extensions are bounded and ignored, trailers bounded, checked and ignored.
///
/// ```
///  size --;--> sizeExtension --CR--> sizeEnd --LF--> data --> dataEnd --CR--> dataLineEnd --LF--> size
///    |                                  |
///    +---------------CR---------------->+ LF, size 0 --> trailer --CR--> lastLineEnd --LF--> done
///                                                        ^  |
///                              trailerLineEnd <--CR-- trailerName, trailerValue
/// ```
struct ChunkDecoder: Sendable {
    private enum State: Sendable {
        case size
        case sizeExtension
        case sizeEnd
        case data
        case dataEnd
        case dataLineEnd
        case trailer
        case trailerName
        case trailerValue
        case trailerLineEnd
        case lastLineEnd
        case done
    }

    private var state = State.size
    /// The size read so far, then the bytes of data that are still to come.
    private var size = 0
    private var digits = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    /// Framing bytes beyond what data excuses, so that a body of tiny chunks with long extensions ends early.
    private var overhead = 0
    /// Data bytes of the chunks announced so far.
    private var announced = 0

    /// A size of more digits is larger than any body.
    private static let digitsMax = 15
    /// Framing that each chunk may have without counting as overhead, in bytes.
    private static let framingFree = 16

    /// Whether the last line of the body has been read.
    var isDone: Bool { state == .done }

    /// Decodes from `index` to the end of `bytes` or of the body, appends the data, and returns where it stopped.
    ///
    /// A chunk that takes the body beyond `bodyBytesMax` is refused by its size line, before its data.
    mutating func decode(
        _ bytes: [UInt8],
        from index: Int,
        bodyBytesMax: Int,
        _ limits: HTTPLimits,
        into data: inout [UInt8]
    ) throws(HTTPRefusal.Reason) -> Int {
        var index = index
        while index < bytes.count, state != .done {
            if state == .data {
                let length = min(size, bytes.count - index)
                data.append(contentsOf: bytes[index..<index + length])
                index += length
                size -= length
                if size == 0 { state = .dataEnd }
            } else {
                try step(bytes[index], bodyBytesMax, limits)
                index += 1
            }
        }
        return index
    }

    private mutating func step(_ byte: UInt8, _ bodyBytesMax: Int, _ limits: HTTPLimits) throws(HTTPRefusal.Reason) {
        switch state {
        case .size: try stepSize(byte)
        case .sizeExtension: try stepExtension(byte, bytesMax: limits.chunkExtensionBytesMax)
        case .sizeEnd:
            guard byte == Bytes.lineFeed else { throw .chunk }
            try endSize(bodyBytesMax, overheadMax: limits.chunkOverheadBytesMax)
        case .dataEnd:
            guard byte == Bytes.carriageReturn else { throw .chunk }
            state = .dataLineEnd
        case .dataLineEnd:
            guard byte == Bytes.lineFeed else { throw .chunk }
            (state, size, digits, extensionBytes) = (.size, 0, 0, 0)
        case .trailer, .trailerName, .trailerValue, .trailerLineEnd, .lastLineEnd:
            try stepTrailer(byte, bytesMax: limits.trailerBytesMax)
        case .data, .done: preconditionFailure("only framing is stepped through")
        }
    }

    private mutating func stepSize(_ byte: UInt8) throws(HTTPRefusal.Reason) {
        if let digit = Bytes.hexDigit(byte) {
            guard digits < Self.digitsMax else { throw .chunk }
            size = size << 4 | Int(digit)
            digits += 1
            return
        }
        guard digits > 0 else { throw .chunk }
        switch byte {
        case UInt8(ascii: ";"):
            extensionBytes = 1
            state = .sizeExtension
        case Bytes.carriageReturn: state = .sizeEnd
        default: throw .chunk
        }
    }

    private mutating func stepExtension(_ byte: UInt8, bytesMax: Int) throws(HTTPRefusal.Reason) {
        if byte == Bytes.carriageReturn {
            state = .sizeEnd
            return
        }
        guard Bytes.isFieldValue(byte) else { throw .chunk }
        extensionBytes += 1
        guard extensionBytes <= bytesMax else { throw .chunkExtension }
    }

    private mutating func endSize(_ bodyBytesMax: Int, overheadMax: Int) throws(HTTPRefusal.Reason) {
        overhead = max(0, overhead + digits + extensionBytes + 4 - Self.framingFree - 2 * size)
        guard overhead <= overheadMax else { throw .chunkExtension }
        guard size <= bodyBytesMax - announced else { throw bodyBytesMax == 0 ? .bodyNotAllowed : .bodyTooLarge }
        announced += size
        state = size == 0 ? .trailer : .data
    }

    private mutating func stepTrailer(_ byte: UInt8, bytesMax: Int) throws(HTTPRefusal.Reason) {
        trailerBytes += 1
        guard trailerBytes <= bytesMax else { throw .trailerTooLarge }
        switch state {
        case .trailer where byte == Bytes.carriageReturn: state = .lastLineEnd
        case .trailer where Bytes.isToken(byte): state = .trailerName
        case .trailerName where Bytes.isToken(byte): break
        case .trailerName where byte == Bytes.colon: state = .trailerValue
        case .trailerValue where byte == Bytes.carriageReturn: state = .trailerLineEnd
        case .trailerValue where Bytes.isFieldValue(byte): break
        case .trailerLineEnd where byte == Bytes.lineFeed: state = .trailer
        case .lastLineEnd where byte == Bytes.lineFeed: state = .done
        default: throw .trailer
        }
    }
}

/// The plain bytes of a source that may be compressed, from its start to its end, with the digest of what is in it.
/// One thread at a time.
final class InputBytes {
    /// Bytes of a compressed file that are read at once: 256 KiB.
    private static let pieceBytes = 256 << 10
    private static let gzipMark: [UInt8] = [0x1F, 0x8B]
    private static let zstdMark: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// Frames that hold nothing may come first, and pzstd writes them. Source: RFC 8878, 3.1.2.
    private static let zstdSkippableMarks = (UInt8(0x50)...0x5F).map { [$0, 0x2A, 0x4D, 0x18] }

    /// How far the source itself was read, and what was in it until there.
    struct Mark: Sendable, Hashable {
        var bytes: Int
        /// SHA-256 in hexadecimal digits; nil: not all of it was read by one attempt.
        var digest: String?
    }

    private let source: any InputSource
    private let plainBytesMax: Int
    private let isGzip: Bool
    private let isZstd: Bool
    private var decompressor: (any Decompressor)?
    /// Nil behind a jump.
    private var digest: RunningDigest? = RunningDigest()
    /// Bytes of the source read or jumped over so far.
    private(set) var bytesRead = 0
    /// The same in plain bytes.
    private var plainBytes = 0
    /// What was read to find the compression, and is to be read again.
    private var first: [UInt8]
    private var expected: Mark?
    private var piece: [UInt8] = []
    private var waiting = 0..<0
    private var isAtEnd = false

    /// Looks at the first bytes of a source for a compression. `expected`: what an earlier attempt has read; a source
    /// that differs from it is refused when it has been read until there. With more than `plainBytesMax` it is refused
    /// too.
    init(
        _ source: any InputSource,
        expecting expected: Mark? = nil,
        plainBytesMax: Int = .max
    ) throws(TaskFailure) {
        self.source = source
        self.expected = expected?.digest == nil ? nil : expected
        self.plainBytesMax = plainBytesMax
        var first = [UInt8](repeating: 0, count: 4)
        let count = try source.read(into: &first, 0..<4)
        first.removeSubrange(count...)
        isGzip = first.starts(with: Self.gzipMark)
        isZstd = ([Self.zstdMark] + Self.zstdSkippableMarks).contains { first.elementsEqual($0) }
        self.first = first
        begin()
    }

    /// How far the source was read.
    var mark: Mark { Mark(bytes: bytesRead, digest: digest?.hexadecimal) }

    /// What tells the state of the source from others.
    var version: SourceVersion? { source.version }

    /// Whether a read may wait for another machine.
    var isRemote: Bool { source.isRemote }

    /// Which part of the source was read: 0...1; 0 where nobody knows how much there is.
    var fraction: Double { source.length.map { min(1, Double(bytesRead) / Double(max(1, $0))) } ?? 0 }

    private func begin() {
        digest = RunningDigest()
        (bytesRead, plainBytes) = (0, 0)
        waiting = 0..<0
        isAtEnd = false
        decompressor = isGzip ? GzipDecompressor() : isZstd ? ZstdDecompressor() : nil
        piece = [UInt8](repeating: 0, count: decompressor == nil ? 0 : Self.pieceBytes)
    }

    /// Goes to a place in plain bytes, or as near before it as can be without reading. Answers where it is.
    func go(to offset: Int) throws(TaskFailure) -> Int {
        let place = decompressor == nil ? try source.jump(to: offset) : nil
        if place == offset {
            (digest, expected) = (nil, nil)
            first = []
            (bytesRead, plainBytes) = (offset, offset)
            return offset
        }
        guard place != nil || offset < plainBytes else { return plainBytes }
        try source.rewind()
        first = []
        begin()
        return 0
    }

    /// Fills a buffer from `start`; answers how much there was, which is less than fits only at the end.
    func read(into buffer: inout [UInt8], from start: Int) throws(TaskFailure) -> Int {
        var filled = start
        while filled < buffer.count {
            guard let decompressor else {
                let count = try readSource(into: &buffer, filled..<buffer.count)
                guard count > 0 else { break }
                filled += count
                continue
            }
            if waiting.isEmpty, !isAtEnd {
                waiting = 0..<(try readSource(into: &piece, piece.indices))
                isAtEnd = waiting.isEmpty
            }
            if waiting.isEmpty, decompressor.isComplete { break }
            let (taken, made) = try decompressor.step(piece, waiting, into: &buffer, filled..<buffer.count)
            waiting = (waiting.lowerBound + taken)..<waiting.upperBound
            filled += made
            guard made > 0 || !isAtEnd else { throw .refused("the compressed file ends too early") }
        }
        plainBytes += filled - start
        guard plainBytes <= plainBytesMax else { throw .refused("the file is longer than \(plainBytesMax) bytes") }
        return filled - start
    }

    /// Reads from the source itself, not across the place where it is compared with what was read before.
    private func readSource(into buffer: inout [UInt8], _ part: Range<Int>) throws(TaskFailure) -> Int {
        let rest = expected.map { $0.bytes - bytesRead }.flatMap { $0 > 0 ? $0 : nil } ?? .max
        let wanted = part.lowerBound..<(part.lowerBound + min(part.count, rest))
        let again = min(first.count, wanted.count)
        buffer.replaceSubrange(wanted.prefix(again), with: first.prefix(again))
        first.removeFirst(again)
        let count = again + (try source.read(into: &buffer, wanted.dropFirst(again)))
        digest?.add(buffer, wanted.lowerBound..<(wanted.lowerBound + count))
        bytesRead += count
        guard let expected else { return count }
        let isShorter = count < wanted.count && bytesRead < expected.bytes
        guard !isShorter, bytesRead != expected.bytes || mark == expected else {
            throw .refused("the file has changed since the attempt before, whose rows are in the table up to there")
        }
        return count
    }
}

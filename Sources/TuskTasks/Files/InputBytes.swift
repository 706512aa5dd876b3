/// The plain bytes of a file that may be compressed, from its start to its end, with the digest of what is in the file.
/// One thread at a time.
final class InputBytes {
    /// Bytes of a compressed file that are read at once: 256 KiB.
    private static let pieceBytes = 256 << 10
    private static let gzipMark: [UInt8] = [0x1F, 0x8B]
    private static let zstdMark: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
    /// Frames that hold nothing may come first, and pzstd writes them. Source: RFC 8878, 3.1.2.
    private static let zstdSkippableMarks = (UInt8(0x50)...0x5F).map { [$0, 0x2A, 0x4D, 0x18] }

    /// How far the file itself was read, and what was in it until there.
    struct Mark: Sendable, Hashable {
        var bytes: Int
        /// SHA-256 in hexadecimal digits.
        var digest: String
    }

    private let file: InputFile
    private let isGzip: Bool
    private let isZstd: Bool
    private var decompressor: (any Decompressor)?
    private var digest = RunningDigest()
    /// Bytes of the file read so far.
    private(set) var bytesRead = 0
    private var expected: Mark?
    private var piece: [UInt8] = []
    private var waiting = 0..<0
    private var isAtEnd = false

    /// Looks at the first bytes for a compression. `expected`: what an earlier attempt has read; a file that differs
    /// from it is refused when it has been read until there.
    init(_ file: InputFile, expecting expected: Mark? = nil) throws(TaskFailure) {
        self.file = file
        self.expected = expected
        var first = [UInt8](repeating: 0, count: 4)
        try file.rewind()
        let count = try file.read(into: &first, 0..<4)
        isGzip = first[..<count].starts(with: Self.gzipMark)
        isZstd = ([Self.zstdMark] + Self.zstdSkippableMarks).contains { first[..<count].elementsEqual($0) }
        try rewind()
    }

    /// How far the file was read.
    var mark: Mark { Mark(bytes: bytesRead, digest: digest.hexadecimal) }

    /// Which part of the file was read: 0...1.
    var fraction: Double { min(1, Double(bytesRead) / Double(max(1, file.byteCount))) }

    /// Goes back to the start.
    func rewind() throws(TaskFailure) {
        try file.rewind()
        digest = RunningDigest()
        bytesRead = 0
        waiting = 0..<0
        isAtEnd = false
        decompressor = isGzip ? GzipDecompressor() : isZstd ? ZstdDecompressor() : nil
        piece = [UInt8](repeating: 0, count: decompressor == nil ? 0 : Self.pieceBytes)
    }

    /// Fills a buffer from `start`; answers how much there was, which is less than fits only at the end.
    func read(into buffer: inout [UInt8], from start: Int) throws(TaskFailure) -> Int {
        var filled = start
        while filled < buffer.count {
            guard let decompressor else {
                let count = try readFile(into: &buffer, filled..<buffer.count)
                guard count > 0 else { break }
                filled += count
                continue
            }
            if waiting.isEmpty, !isAtEnd {
                waiting = 0..<(try readFile(into: &piece, piece.indices))
                isAtEnd = waiting.isEmpty
            }
            if waiting.isEmpty, decompressor.isComplete { break }
            let (taken, made) = try decompressor.step(piece, waiting, into: &buffer, filled..<buffer.count)
            waiting = (waiting.lowerBound + taken)..<waiting.upperBound
            filled += made
            guard made > 0 || !isAtEnd else { throw .refused("the compressed file ends too early") }
        }
        return filled - start
    }

    /// Reads from the file itself, not across the place where it is compared with what was read before.
    private func readFile(into buffer: inout [UInt8], _ part: Range<Int>) throws(TaskFailure) -> Int {
        let rest = expected.map { $0.bytes - bytesRead }.flatMap { $0 > 0 ? $0 : nil } ?? .max
        let wanted = part.lowerBound..<(part.lowerBound + min(part.count, rest))
        let count = try file.read(into: &buffer, wanted)
        digest.add(buffer, wanted.lowerBound..<(wanted.lowerBound + count))
        bytesRead += count
        guard let expected else { return count }
        let isShorter = count < wanted.count && bytesRead < expected.bytes
        guard !isShorter, bytesRead != expected.bytes || mark == expected else {
            throw .refused("the file has changed since the attempt before, whose rows are in the table up to there")
        }
        return count
    }
}

import CZlib
import CZstd

/// Turns compressed bytes into plain ones, piece by piece. One thread at a time.
protocol Decompressor: AnyObject {
    /// Whether the file may end here.
    var isComplete: Bool { get }

    /// Takes from one part and fills the other, as far as either reaches; says how much of each.
    func step(
        _ input: [UInt8],
        _ source: Range<Int>,
        into output: inout [UInt8],
        _ target: Range<Int>
    ) throws(TaskFailure) -> (taken: Int, made: Int)
}

/// gzip, also of several members one behind the other.
///
/// Source: zlib.h of zlib 1.2.13.
@safe final class GzipDecompressor: Decompressor {
    private(set) var isComplete = false
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let isReady = unsafe tusk_inflate_begin(stream) == Z_OK
        precondition(isReady, "no memory for zlib")
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func step(
        _ input: [UInt8],
        _ source: Range<Int>,
        into output: inout [UInt8],
        _ target: Range<Int>
    ) throws(TaskFailure) -> (taken: Int, made: Int) {
        if isComplete, unsafe inflateReset(stream) != Z_OK { throw .refused("the file is not sound gzip") }
        let code = unsafe input.withUnsafeBufferPointer { bytes in
            unsafe output.withUnsafeMutableBufferPointer { room in
                // zlib does not write through next_in: zlib.h declares it without const for old compilers.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: bytes.baseAddress.map { unsafe $0 + source.lowerBound }
                )
                unsafe stream.pointee.avail_in = UInt32(source.count)
                unsafe stream.pointee.next_out = room.baseAddress.map { unsafe $0 + target.lowerBound }
                unsafe stream.pointee.avail_out = UInt32(target.count)
                return unsafe inflate(stream, Z_NO_FLUSH)
            }
        }
        guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else {
            throw .refused("the file is not sound gzip")
        }
        isComplete = code == Z_STREAM_END
        return unsafe (source.count - Int(stream.pointee.avail_in), target.count - Int(stream.pointee.avail_out))
    }
}

/// Zstandard, also of several frames one behind the other.
///
/// Source: zstd.h of zstd 1.5.4.
@safe final class ZstdDecompressor: Decompressor {
    /// The largest window a file may ask for, as a power of two: 32 MiB. It bounds memory.
    static let windowLogMax: Int32 = 25

    private(set) var isComplete = false
    private let stream: OpaquePointer

    init() {
        guard let stream = unsafe ZSTD_createDStream() else { preconditionFailure("no memory for zstd") }
        unsafe self.stream = stream
        let code = unsafe ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.windowLogMax)
        precondition(ZSTD_isError(code) == 0, "zstd does not know its window")
    }

    deinit { unsafe ZSTD_freeDStream(stream) }

    func step(
        _ input: [UInt8],
        _ source: Range<Int>,
        into output: inout [UInt8],
        _ target: Range<Int>
    ) throws(TaskFailure) -> (taken: Int, made: Int) {
        var from = unsafe ZSTD_inBuffer()
        var to = unsafe ZSTD_outBuffer()
        let code = unsafe input.withUnsafeBytes { bytes in
            unsafe output.withUnsafeMutableBytes { room in
                unsafe from.src = bytes.baseAddress.map { unsafe $0 + source.lowerBound }
                unsafe from.size = source.count
                unsafe to.dst = room.baseAddress.map { unsafe $0 + target.lowerBound }
                unsafe to.size = target.count
                return unsafe ZSTD_decompressStream(stream, &to, &from)
            }
        }
        guard ZSTD_isError(code) == 0 else {
            throw .refused("the file is not sound zstd, or wants a window of more than 32 MiB")
        }
        isComplete = code == 0
        return unsafe (from.pos, to.pos)
    }
}

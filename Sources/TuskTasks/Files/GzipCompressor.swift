import CZlib

/// Compresses bytes into one gzip member. One thread at a time.
///
/// Source: zlib.h of zlib 1.2.13.
@safe final class GzipCompressor {
    private static let pieceBytes = 64 << 10
    /// zlib's own default between speed and size.
    private static let level: Int32 = 6
    private let stream: UnsafeMutablePointer<z_stream>
    private var piece = [UInt8](repeating: 0, count: pieceBytes)

    init() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let isReady = unsafe tusk_deflate_begin(stream, Self.level) == Z_OK
        precondition(isReady, "no memory for zlib")
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// What comes out for some bytes; it may be nothing yet. `isLast` ends the member.
    func compress(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        var result: [UInt8] = []
        unsafe bytes.withUnsafeBufferPointer { input in
            // zlib does not write through next_in.
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(input.count)
            var isFull = true
            while isFull {
                let code = unsafe piece.withUnsafeMutableBufferPointer { room in
                    unsafe stream.pointee.next_out = room.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room.count)
                    return unsafe deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                }
                precondition(code != Z_STREAM_ERROR, "zlib lost its state")
                isFull = unsafe stream.pointee.avail_out == 0
                result += unsafe piece.prefix(Self.pieceBytes - Int(stream.pointee.avail_out))
            }
        }
        return result
    }
}

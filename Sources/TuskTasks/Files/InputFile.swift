import CLinux
import Glibc

/// An open file. One thread at a time.
final class InputFile: InputSource {
    /// Its length in bytes when it was opened.
    let byteCount: Int
    /// Nothing tells one state of a file from another but its bytes.
    let version: SourceVersion? = nil
    let isRemote = false
    private let descriptor: Int32

    /// Takes over a descriptor; throws when it is not that of a plain file.
    init(descriptor: Int32) throws(TaskFailure) {
        self.descriptor = descriptor
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            byteCount = 0
            throw .refused("only plain files can be imported")
        }
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    var length: Int? { byteCount }

    func expect(_: SourceVersion) {}

    /// Reads into a part of a buffer, as much as there is; less than the part has only at the end of the file.
    func read(into buffer: inout [UInt8], _ part: Range<Int>) throws(TaskFailure) -> Int {
        precondition(part.upperBound <= buffer.count, "a part beyond the buffer")
        var filled = part.lowerBound
        while filled < part.upperBound {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), part.upperBound - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable("the file cannot be read: error \(errno)") }
            guard count > 0 else { break }
            filled += count
        }
        return filled - part.lowerBound
    }

    /// Goes back to the start.
    func rewind() throws(TaskFailure) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .unreadable("the file cannot be read again") }
    }

    /// It cannot: what was read before is compared with what is there now.
    func jump(to _: Int) -> Int? { nil }
}

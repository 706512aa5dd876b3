import Glibc

/// An open file. One thread at a time.
final class ImportFile {
    /// Its length in bytes when it was opened.
    let byteCount: Int
    private let descriptor: Int32

    /// Takes over a descriptor; throws when it is not that of a plain file.
    init(descriptor: Int32) throws(ImportFailure) {
        self.descriptor = descriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            byteCount = 0
            throw .refused("only plain files can be imported")
        }
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// Reads into a part of a buffer, as much as there is; 0 at the end of the file.
    func read(into buffer: inout [UInt8], from start: Int) throws(ImportFailure) -> Int {
        var filled = start
        while filled < buffer.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), bytes.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable("the file cannot be read: error \(errno)") }
            guard count > 0 else { break }
            filled += count
        }
        return filled - start
    }

    /// Goes back to the start.
    func rewind() throws(ImportFailure) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .unreadable("the file cannot be read again") }
    }
}

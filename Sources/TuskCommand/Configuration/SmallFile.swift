import Glibc

/// Reading a file that a person wrote, with the care that a path from outside needs.
enum SmallFile {
    /// The largest file that is read unless a caller says otherwise: 64 KiB.
    static let bytesMax = 65_536

    /// Why a file was not read.
    enum Failure: Error, Equatable, Sendable {
        case missing
        /// Not a regular file but a directory, a pipe or a device.
        case notAFile
        /// More bytes than are read.
        case tooLarge(bytesMax: Int)
        /// What the system says.
        case system(errno: Int32)

        /// The end of a sentence that starts with the path.
        var words: String {
            switch self {
            case .missing: "does not exist"
            case .notAFile: "is not a regular file"
            case .tooLarge(let bytesMax): "has more than \(bytesMax / 1024) KiB"
            case .system(let errno): "cannot be read: \(SystemError.words(errno))"
            }
        }
    }

    /// A file's bytes and who may read it.
    struct Contents: Sendable {
        let bytes: [UInt8]
        /// Whether others than its owner and group may read it.
        let isWorldReadable: Bool
    }

    /// Reads the whole file, of at most so many bytes. Never waits: a pipe without a writer is refused, not read.
    static func read(_ path: String, bytesMax: Int = bytesMax) throws(Failure) -> Contents {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .system(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        guard status.st_size <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        // A file may grow while it is read, and one in /proc has no size.
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .system(errno: errno)
            }
            bytes += buffer.prefix(count)
            guard bytes.count <= bytesMax else { throw .tooLarge(bytesMax: bytesMax) }
        }
        return Contents(bytes: bytes, isWorldReadable: status.st_mode & S_IROTH != 0)
    }
}

/// The system's words for its error numbers.
enum SystemError {
    /// Such as `No such file or directory`, in lower case at its start.
    static func words(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        let words = String(cString: text)
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}

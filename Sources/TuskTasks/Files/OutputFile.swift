import Glibc

/// A file that is being written: seen under its name when it is whole, never before. One thread at a time.
///
/// Until then it is called `.NAME.tusk-JOB-LEASE` in the same folder. An attempt that was killed leaves that behind;
/// the job's next attempt at the same name removes it, or takes over what is in it. It takes a copy: an attempt that
/// only seemed dead may still write.
final class OutputFile {
    /// Whose it is.
    struct Token: Sendable, Hashable {
        let job: Int64
        let lease: Int64
    }

    /// The longest name, in bytes, so that the passing name fits too. Source: NAME_MAX is 255 on Linux.
    static let nameBytesMax = 200

    /// Bytes written so far.
    private(set) var byteCount = 0
    private var digest = RunningDigest()
    private let place: Folder
    private let passingName: String
    private let descriptor: Int32
    private var isPublished = false
    /// Whether what was written stays for the next attempt when the file is given up.
    var isKept = false

    /// Starts the file in its folder; `resuming`: with what an attempt before has written.
    init(in place: Folder, _ token: Token, resuming: Bool) throws(TaskFailure) {
        self.place = place
        let beginning = ".\(place.name).tusk-\(token.job)-"
        passingName = beginning + String(token.lease)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        // Whoever may read it is told by the process's umask and the folder.
        descriptor = unsafe openat(place.descriptor, passingName, flags, 0o640)
        guard descriptor >= 0 else { throw .unreadable("the file cannot be written: error \(errno)") }
        let former = place.names(startingWith: beginning).compactMap { name -> (name: String, lease: Int64)? in
            guard let lease = Int64(name.dropFirst(beginning.count)), lease < token.lease else { return nil }
            return (name, lease)
        }
        if resuming, let last = former.max(by: { $0.lease < $1.lease }) { try copy(last.name) }
        for name in former.map(\.name) { _ = unsafe unlinkat(place.descriptor, name, 0) }
    }

    private func copy(_ name: String) throws(TaskFailure) {
        let source = unsafe openat(place.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard source >= 0 else { return }
        let file = try InputFile(descriptor: source)
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while byteCount < file.byteCount {
            let count = try file.read(into: &piece, 0..<min(piece.count, file.byteCount - byteCount))
            guard count > 0 else { break }
            try write(Array(piece.prefix(count)))
        }
    }

    /// Forgets what was written so far.
    func clear() throws(TaskFailure) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw .unreadable("the file cannot be written: error \(errno)")
        }
        byteCount = 0
        digest = RunningDigest()
    }

    deinit {
        close(descriptor)
        if !isPublished, !isKept { _ = unsafe unlinkat(place.descriptor, passingName, 0) }
    }

    /// Lower-case hexadecimal digits of the SHA-256 of what was written.
    var digestText: String { digest.hexadecimal }

    /// Appends bytes.
    func write(_ bytes: [UInt8]) throws(TaskFailure) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unreadable("the file cannot be written: error \(errno)") }
            written += count
        }
        digest.add(bytes, bytes.indices)
        byteCount += bytes.count
    }

    /// Gives it its name, on disk, in place of what had it before. `check` is asked when everything else is done.
    func publish(_ check: () throws(TaskFailure) -> Void) throws(TaskFailure) {
        guard fsync(descriptor) == 0 else { throw .unreadable("the file cannot be written: error \(errno)") }
        try check()
        guard unsafe renameat(place.descriptor, passingName, place.descriptor, place.name) == 0 else {
            throw .unreadable("the file cannot take its name: error \(errno)")
        }
        isPublished = true
        guard fsync(place.descriptor) == 0 else { throw .unreadable("the folder cannot be written: error \(errno)") }
    }
}

import Glibc

/// The right of one `tusk dev` to a directory; it ends with the process, however that ends.
///
/// Source: flock(2).
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or says who has it.
    init(_ directory: String) throws(CommandError) {
        let path = "\(directory)/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Files.failure("cannot write \(path)", errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.content(descriptor)
            close(descriptor)
            throw CommandError(
                .busy,
                "tusk dev runs in \(directory) already" + (holder.isEmpty ? "" : ", as process \(holder)"),
                hint: "Stop it, or choose another place with --directory or --ephemeral."
            )
        }
        ftruncate(descriptor, 0)
        let bytes = Array("\(getpid())\n".utf8)
        // Only a help for people; the lock itself is what counts.
        _ = pwrite(descriptor, bytes, bytes.count, 0)
    }

    deinit { close(descriptor) }

    private static func content(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)).filter { $0 &- UInt8(ascii: "0") <= 9 }, as: UTF8.self)
    }
}

import Foundation
import Glibc

/// Directories and small files of `tusk dev`.
enum Files {
    /// The path from the root, without `.` and `..` and links.
    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    /// A short name that stands for a path: FNV-1a in 64 bits (IETF draft-eastlake-fnv).
    static func identity(of path: String) -> String {
        let hash = path.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }

    /// Makes a directory, or takes one that is there, if it belongs to us (or to `owner`) and nobody else writes into
    /// it: in a place like `/var/tmp` somebody else could have made it first.
    static func makeDirectory(_ path: String, mode: mode_t, owner: uid_t = geteuid()) throws(CommandError) {
        if mkdir(path, mode) == 0 { return try allow(path, mode) }
        guard errno == EEXIST else { throw failure("cannot create the directory \(path)", errno) }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandError(.configuration, "\(path) is not a directory")
        }
        guard [geteuid(), owner].contains(status.st_uid), status.st_mode & 0o022 == 0 else {
            throw CommandError(
                .configuration,
                "\(path) belongs to somebody else or others may write into it",
                hint: "Choose another place with --directory."
            )
        }
    }

    /// Sets the mode, whatever the process's mask is.
    static func allow(_ path: String, _ mode: mode_t) throws(CommandError) {
        guard chmod(path, mode) == 0 else { throw failure("cannot set the mode of \(path)", errno) }
    }

    /// A new directory below `/tmp`, only for us. The path is short, for sockets.
    static func makeTemporary() throws(CommandError) -> String {
        var template = Array("/tmp/tusk-dev-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("cannot create a directory in /tmp", errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Gives a directory to the user the server runs as.
    static func give(_ path: String, to user: ServerUser) throws(CommandError) {
        guard user.isOther else { return }
        guard lchown(path, user.userID, user.groupID) == 0 else {
            throw failure("cannot give \(path) to user \(user.name)", errno)
        }
    }

    /// Writes a small file that only its owner reads, at once or not at all.
    static func write(_ text: String, to path: String) throws(CommandError) {
        let draft = "\(path).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write \(path)", errno) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, rename(draft, path) == 0 else {
            throw failure("cannot write \(path)", errno)
        }
    }

    /// Makes a symbolic link, in place of what is there under its name.
    static func link(_ path: String, to target: String) throws(CommandError) {
        remove(path)
        guard symlink(target, path) == 0 else { throw failure("cannot create \(path)", errno) }
    }

    /// Removes a file or a directory with all that is in it; one that is not there is fine.
    static func remove(_ path: String) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch CocoaError.fileNoSuchFile {
            return
        } catch {
            Console.complain("tusk: warning: cannot remove \(path): \(error.localizedDescription)")
        }
    }

    /// The names in a directory, sorted; at most 10,000.
    static func names(in directory: String) throws(CommandError) -> [String] {
        guard let entries = opendir(directory) else {
            throw failure("the directory \(directory) cannot be read", errno)
        }
        defer { closedir(entries) }
        var names: [String] = []
        while names.count < 10_000, let entry = readdir(entries) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            names.append(String(decoding: bytes, as: UTF8.self))
        }
        return names.sorted()
    }

    /// An error of the system as the end of the command, with what usually helps.
    static func failure(_ what: String, _ number: Int32) -> CommandError {
        let hint: String? =
            switch number {
            case ENOSPC, EDQUOT: "Make room on the disk, or choose another with --directory."
            case EACCES, EPERM, EROFS: "Choose a directory you may write with --directory, or use --ephemeral."
            default: nil
            }
        return CommandError(.configuration, "\(what): \(SystemError.words(number))", hint: hint)
    }
}

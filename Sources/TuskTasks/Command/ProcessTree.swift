import CLinux
import Glibc

/// The processes below this one. Source: proc(5), `/proc/[pid]/task/[tid]/children`.
enum ProcessTree {
    /// Whether the system tells children at all.
    static var isKnown: Bool { unsafe access("/proc/self/task/\(getpid())/children", R_OK) == 0 }

    /// Their numbers, parents first; no more than `max` of them.
    static func descendants(max: Int) -> [pid_t] {
        var found = children(ofThread: getpid(), of: getpid())
        var next = 0
        while next < found.count, found.count < max {
            let parent = found[next]
            for thread in threads(of: parent) { found += children(ofThread: thread, of: parent) }
            next += 1
        }
        return Array(found.prefix(max))
    }

    /// How many threads a user has on the whole machine, as far as /proc tells. Source: proc(5): the directory of a
    /// process belongs to its effective user, and `task` has a link for each thread.
    static func taskCount(of user: uid_t) -> Int {
        guard let directory = unsafe opendir("/proc") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard pid_t(name) != nil, unsafe stat("/proc/\(name)/task", &status) == 0, status.st_uid == user else {
                continue
            }
            count += max(1, Int(status.st_nlink) - 2)
        }
        return count
    }

    private static func threads(of process: pid_t) -> [pid_t] {
        guard let directory = unsafe opendir("/proc/\(process)/task") else { return [] }
        defer { unsafe closedir(directory) }
        var threads: [pid_t] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let thread = pid_t(name) { threads.append(thread) }
        }
        return threads
    }

    private static func children(ofThread thread: pid_t, of process: pid_t) -> [pid_t] {
        let file = unsafe open("/proc/\(process)/task/\(thread)/children", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe read(file, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        return bytes.split(separator: UInt8(ascii: " ")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
    }
}

import Glibc

/// The folders whose files jobs may read.
///
/// A path may lead through symbolic links as long as it ends below a folder. Between the look and the opening nobody
/// can lead it elsewhere: the resolved path is walked from the folder's own descriptor, and no step follows a link.
struct AllowedRoots: Sendable {
    private let roots: [String]

    /// Absolute paths of folders; a folder need not be there yet.
    init(_ roots: [String]) {
        self.roots = roots.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    /// Opens a file for reading.
    func open(_ path: String) throws(TaskFailure) -> InputFile {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        guard !parts.isEmpty, !path.utf8.contains(0), !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw .refused("the path of the file must lead to a file and not through '..'")
        }
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        var isKnown = false
        for root in roots {
            guard let resolvedRoot = Self.resolve(root) else { continue }
            let candidate = isAbsolute ? path : "\(root)/\(path)"
            // Outside all folders nothing is looked at, so that nobody learns what is there.
            guard Self.isBelow(candidate, root) || Self.isBelow(candidate, resolvedRoot) else { continue }
            isKnown = true
            guard let resolved = Self.resolve(candidate) else { continue }
            if let file = try Self.walk(to: resolved, below: resolvedRoot) { return file }
        }
        guard isKnown else { throw .refused("the file lies outside the folders that imports may read") }
        throw .unreadable("there is no file \(path) that can be read")
    }

    private static func isBelow(_ path: String, _ root: String) -> Bool {
        path.utf8.starts(with: (root == "/" ? root : root + "/").utf8)
    }

    /// The path without symbolic links; nil when there is no such file. Source: realpath(3).
    private static func resolve(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Source: openat(2).
    private static func walk(to path: String, below root: String) throws(TaskFailure) -> InputFile? {
        guard isBelow(path, root) else {
            throw .refused("the file lies outside the folders that imports may read")
        }
        var folder = unsafe Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return nil }
        let parts = path.dropFirst(root.count).split(separator: "/").map(String.init)
        for part in parts.dropLast() {
            let next = unsafe openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(folder)
            guard next >= 0 else { return nil }
            folder = next
        }
        defer { close(folder) }
        guard let name = parts.last else { return nil }
        // Without waiting: the other end of a pipe might never come.
        let descriptor = unsafe openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        return try InputFile(descriptor: descriptor)
    }
}

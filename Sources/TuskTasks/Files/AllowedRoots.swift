import Glibc

/// The folders whose files jobs may read or write.
///
/// A path may lead through symbolic links as long as it ends below a folder. Between the look and the opening nobody
/// can lead it elsewhere: the resolved path is walked from the folder's own descriptor, and no step follows a link.
struct AllowedRoots: Sendable {
    private let roots: [String]
    private let purpose: String

    /// Absolute paths of folders; a folder need not be there yet. `purpose` ends the sentence "the file lies outside
    /// the folders that".
    init(_ roots: [String], for purpose: String = "imports may read") {
        self.roots = roots.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.purpose = purpose
    }

    private var outside: TaskFailure { .refused("the file lies outside the folders that \(purpose)") }

    /// Opens a file for reading.
    func open(_ path: String) throws(TaskFailure) -> InputFile {
        let found = try find(path) { (candidate, root) throws(TaskFailure) -> InputFile? in
            guard let resolved = Self.resolve(candidate) else { return nil }
            guard Self.isBelow(resolved, root) else { throw outside }
            guard let place = Folder(of: resolved, below: root) else { return nil }
            // Without waiting: the other end of a pipe might never come.
            let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
            let descriptor = unsafe openat(place.descriptor, place.name, flags)
            return descriptor < 0 ? nil : try InputFile(descriptor: descriptor)
        }
        guard let found else { throw .unreadable("there is no file \(path) that can be read") }
        return found
    }

    /// Starts a file that will be at `path`, in a folder that is there; whatever is at the path stays until then.
    /// `token` tells the attempts of all jobs apart and sorts those of one job; `resuming`: what the attempt before has
    /// written is taken over.
    func create(
        _ path: String,
        _ token: OutputFile.Token,
        resuming: Bool = false
    ) throws(TaskFailure) -> OutputFile {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        guard let name = parts.last.map({ String(decoding: Array($0), as: UTF8.self) }), !path.hasSuffix("/"),
            name.utf8.count <= OutputFile.nameBytesMax, name != "."
        else { throw .refused("the path must end in the name of a file, of at most \(OutputFile.nameBytesMax) bytes") }
        let created = try find(path) { (candidate, root) throws(TaskFailure) -> OutputFile? in
            let parent = String(decoding: Array(candidate.utf8.dropLast(name.utf8.count)), as: UTF8.self)
            guard let resolved = Self.resolve(parent) else { return nil }
            guard resolved == root || Self.isBelow(resolved, root) else { throw outside }
            guard let place = Folder(of: "\(resolved)/\(name)", below: root) else { return nil }
            return try OutputFile(in: place, token, resuming: resuming)
        }
        guard let created else { throw .unreadable("there is no folder for \(path)") }
        return created
    }

    /// Tries the roots that a path may lie below; nil when the file is in none of them.
    private func find<File>(
        _ path: String,
        _ body: (_ candidate: String, _ root: String) throws(TaskFailure) -> File?
    ) throws(TaskFailure) -> File? {
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
            if let file = try body(candidate, resolvedRoot) { return file }
        }
        guard isKnown else { throw outside }
        return nil
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
}

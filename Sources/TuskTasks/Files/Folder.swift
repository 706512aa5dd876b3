import Glibc

/// An open folder and a name in it.
final class Folder {
    let descriptor: Int32
    let name: String

    /// Walks to the folder of a path without links, from a root that it lies below; nil when a step is no folder.
    ///
    /// Source: openat(2).
    init?(of path: String, below root: String) {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
        var folder = unsafe open(root, flags)
        guard folder >= 0 else { return nil }
        let parts = path.utf8.dropFirst(root.utf8.count).split(separator: UInt8(ascii: "/"))
            .map { String(decoding: Array($0), as: UTF8.self) }
        for part in parts.dropLast() {
            let next = unsafe openat(folder, part, flags | O_NOFOLLOW)
            close(folder)
            guard next >= 0 else { return nil }
            folder = next
        }
        guard let name = parts.last else {
            close(folder)
            return nil
        }
        descriptor = folder
        self.name = name
    }

    deinit { close(descriptor) }

    /// The names in it that start with some bytes.
    func names(startingWith beginning: String) -> [String] {
        // A descriptor of its own: fdopendir(3) takes it over and moves its position.
        let copy = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return [] }
        guard let entries = unsafe fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { unsafe closedir(entries) }
        var names: [String] = []
        while let entry = unsafe readdir(entries) {
            let bytes = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            if bytes.starts(with: beginning.utf8) { names.append(String(decoding: bytes, as: UTF8.self)) }
        }
        return names
    }
}

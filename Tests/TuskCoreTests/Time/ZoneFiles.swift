import Foundation
import TuskCore

/// The time zones of the system, read for tests. They come with the package tzdata.
enum ZoneFiles {
    private static let folder = URL(filePath: "/usr/share/zoneinfo")

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func rules(_ name: String) throws -> TimeZoneRules {
        try TimeZoneRules(tzif: bytes(name))
    }

    /// Every zone but those that count leap seconds, and copies under `posix/`.
    static func allNames() throws -> [String] {
        let found = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return try found.filter { name in
            let isCopy = name.hasPrefix("right/") || name.hasPrefix("posix/")
            var isFolder: ObjCBool = false
            let path = folder.appending(path: name).path
            guard !isCopy, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
            else { return false }
            return try bytes(name).starts(with: "TZif".utf8)
        }.sorted()
    }
}

import Foundation
import Testing
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

    /// What local time is at one moment, according to the C library.
    struct Line {
        let second: Int64
        let offsetSeconds: Int
    }

    /// The seconds before and at each change from 1900 to 2060, as `zdump` prints them:
    /// `Europe/Rome  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 03:00:00 2026 CEST isdst=1 gmtoff=7200`.
    static func changes(_ name: String) throws -> [Line] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/zdump")
        process.arguments = ["-V", "-c", "1900,2060", name]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            let clock = words[4].split(separator: ":").compactMap { Int64($0) }
            let month = try #require(months.firstIndex(of: String(words[2]))) + 1
            let date = CivilDate(
                year: try #require(Int(words[5])),
                month: month,
                day: try #require(Int(words[3]))
            )
            let offset = try #require(words.last?.split(separator: "=").last.flatMap { Int($0) })
            let second = Int64(date.daysSinceEpoch) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
            return Line(second: second, offsetSeconds: offset)
        }
    }
}

import Foundation
import TestSupport

/// A file of `deploy/`, for tests that run what it says.
enum DeployFile {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The value of `key: >-` in a YAML file: the lines below it that are indented more, as one.
    static func folded(_ key: String, in path: String) throws -> String {
        let lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.firstIndex(where: { $0.drop { $0 == " " } == "\(key): >-" }) else {
            throw FixtureError("\(key) in \(path)")
        }
        func indent(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }
        let value = lines[(first + 1)...].prefix { indent($0) > indent(lines[first]) }
        return value.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }
}

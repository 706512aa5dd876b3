import Foundation

/// A text file of the repository.
struct TextFile: Sendable {
    /// From the root, for example `Sources/Tusk/Worker.swift`.
    let path: String
    let text: String
    /// Taken apart once, for all checks; empty for what is not Swift.
    let swift: SwiftText

    init(path: String, text: String) {
        self.path = path
        self.text = text
        self.swift = SwiftText(path.hasSuffix(".swift") ? text : "")
    }

    /// The folder below `Sources` or `Tests`, or nil elsewhere.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && (parts[0] == "Sources" || parts[0] == "Tests") ? String(parts[1]) : nil
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isSQL: Bool { path.hasSuffix(".sql") }
    var isShell: Bool { path.hasSuffix(".sh") || text.hasPrefix("#!/usr/bin/env bash") || text.hasPrefix("#!/bin/sh") }
    var isSource: Bool { path.hasPrefix("Sources/") }
    /// The tidy checks quote what they forbid.
    var isTidyCheck: Bool { path.hasPrefix("Tests/TidyTests/") }

    /// The last part of the path without the ending.
    var baseName: String {
        let name = path.split(separator: "/").last ?? ""
        return String(name.prefix { $0 != "." })
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}

/// Something that breaks a rule of the house.
struct Finding: Sendable, Hashable, CustomStringConvertible {
    let path: String
    let line: Int
    /// What is wrong, and why it matters.
    let problem: String

    var description: String { "\(path):\(line): \(problem)" }
}

/// The files of this repository as they are now, versioned or not.
enum Repository {
    /// The folder with Package.swift.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every text file, by path.
    static let files: [TextFile] = paths.compactMap { path in
        guard let bytes = try? Data(contentsOf: root.appending(path: path)), !bytes.contains(0) else { return nil }
        return TextFile(path: path, text: String(decoding: bytes, as: UTF8.self))
    }

    static var swift: [TextFile] { files.filter(\.isSwift) }

    /// Build products, version control and the private database are not ours to judge; data is not prose.
    private static func isForeign(_ name: String) -> Bool {
        name.hasPrefix(".build") || [".git", ".tusk", ".swiftpm", "Fixtures"].contains(name)
    }

    private static var paths: [String] {
        guard let walk = FileManager.default.enumerator(atPath: root.path) else { return [] }
        var paths: [String] = []
        for case let path as String in walk {
            if isForeign(URL(filePath: path).lastPathComponent) {
                walk.skipDescendants()
            } else if walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
                paths.append(path)
            }
        }
        return paths.sorted()
    }
}

/// A regular expression that tells the lines it matches on.
struct Pattern {
    private let expression: NSRegularExpression?
    let source: String

    /// `^` and `$` match at each line.
    init(_ source: String, ignoringCase: Bool = false) {
        self.source = source
        let options: NSRegularExpression.Options =
            ignoringCase ? [.anchorsMatchLines, .caseInsensitive] : .anchorsMatchLines
        expression = try? NSRegularExpression(pattern: source, options: options)
        precondition(expression != nil, "not a regular expression: \(source)")
    }

    /// Each match: its line, from 1, and the text of its first group or else the whole of it.
    func matches(in text: String) -> [(line: Int, text: String)] {
        let whole = text as NSString
        let found = expression?.matches(in: text, range: NSRange(location: 0, length: whole.length)) ?? []
        var line = 1
        var position = 0
        return found.map { match in
            let before = whole.substring(with: NSRange(location: position, length: match.range.location - position))
            line += before.utf8.count { $0 == UInt8(ascii: "\n") }
            position = match.range.location
            let group = match.numberOfRanges > 1 ? match.range(at: 1) : match.range
            return (line, group.location == NSNotFound ? "" : whole.substring(with: group))
        }
    }

    func isFound(in text: String) -> Bool { !matches(in: text).isEmpty }

    /// The text with each match replaced by `word`.
    func replaced(in text: String, by word: String) -> String {
        let whole = NSRange(location: 0, length: (text as NSString).length)
        return expression?.stringByReplacingMatches(in: text, range: whole, withTemplate: word) ?? text
    }
}

import Foundation
import Testing

/// What the README names exists.
@Suite struct ReadmeTests {
    @Test(arguments: ["README.md", "sql/README.md"])
    func `files that are named exist`(_ document: String) throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
        let named = Self.paths(in: text)
        #expect(!named.isEmpty)
        for path in named {
            let places = [path, "Sources/\(path)"].map { root.appending(path: $0).path }
            #expect(places.contains { FileManager.default.fileExists(atPath: $0) }, "\(document) names \(path)")
        }
    }

    @Test func `the README names both commands`() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        #expect(text.contains("$ deploy/run"))
        #expect(text.contains("$ deploy/test"))
    }

    @Test func `paths are told from other words in backticks`() {
        let text = "`Tusk/Slots.swift` `sql/queries/x.sql` `POST /v1/jobs` `tusk.jobs` `deploy/run` `Tests/` `a/b`"
        #expect(Self.paths(in: text) == ["Tusk/Slots.swift", "sql/queries/x.sql", "deploy/run", "Tests/"])
    }

    /// Words in backticks that name a file or folder of the repository.
    private static func paths(in text: String) -> [String] {
        let roots = ["Sources/", "Tests/", "sql/", "deploy/"]
        return text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }
            .map { String($0.element) }
            .filter { word in
                guard !word.contains(" "), !word.contains("NNNN"), !word.contains("verb_noun") else { return false }
                return roots.contains { word.hasPrefix($0) } || word.contains("/") && word.hasSuffix(".swift")
            }
    }
}

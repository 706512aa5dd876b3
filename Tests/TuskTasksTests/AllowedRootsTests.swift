import Foundation
import Testing

@testable import TuskTasks

struct AllowedRootsTests {
    /// A folder with an allowed and a forbidden part, removed at the end.
    private func withFolders(_ body: (_ base: String, _ roots: AllowedRoots) throws -> Void) throws {
        let files = FileManager.default
        let base = files.temporaryDirectory.appendingPathComponent("tusk-roots-\(UUID().uuidString)").path
        defer { #expect(throws: Never.self) { try files.removeItem(atPath: base) } }
        try files.createDirectory(atPath: base + "/in/deep", withIntermediateDirectories: true)
        try files.createDirectory(atPath: base + "/out", withIntermediateDirectories: true)
        try files.createDirectory(atPath: base + "/inside-not", withIntermediateDirectories: true)
        for path in ["/in/a.csv", "/in/deep/b.csv", "/out/c.csv", "/inside-not/d.csv"] {
            try Data(path.utf8).write(to: URL(fileURLWithPath: base + path))
        }
        try files.createSymbolicLink(atPath: base + "/in/near.csv", withDestinationPath: "deep/b.csv")
        try files.createSymbolicLink(atPath: base + "/in/escape.csv", withDestinationPath: base + "/out/c.csv")
        try files.createSymbolicLink(atPath: base + "/in/door", withDestinationPath: base + "/out")
        try files.createSymbolicLink(atPath: base + "/alias", withDestinationPath: base + "/in")
        try #require(mkfifo(base + "/in/pipe", 0o600) == 0)
        try body(base, AllowedRoots([base + "/in/", base + "/missing"]))
    }

    private func read(_ file: InputFile) throws -> String {
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = try file.read(into: &buffer, buffer.indices)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    @Test(arguments: [
        ("/in/a.csv", "/in/a.csv"), ("a.csv", "/in/a.csv"), ("deep/b.csv", "/in/deep/b.csv"), ("./a.csv", "/in/a.csv"),
        ("near.csv", "/in/deep/b.csv"), ("/in//deep/b.csv", "/in/deep/b.csv"),
    ])
    func `files below a root are opened, by links too`(path: String, content: String) throws {
        try withFolders { base, roots in
            let file = try roots.open(path.hasPrefix("/") ? base + path : path)
            #expect(try read(file) == content)
            #expect(file.byteCount == content.utf8.count)
        }
    }

    @Test func `a root may be a link itself`() throws {
        try withFolders { base, _ throws in
            let roots = AllowedRoots([base + "/alias"])
            #expect(try read(roots.open("a.csv")) == "/in/a.csv")
            #expect(try read(roots.open(base + "/in/a.csv")) == "/in/a.csv")
            #expect(try read(roots.open(base + "/alias/a.csv")) == "/in/a.csv")
        }
    }

    @Test(arguments: [
        "/out/c.csv", "/in/escape.csv", "/in/door/c.csv", "/inside-not/d.csv", "/in/../out/c.csv", "/in/deep/..",
        "/nothing",
        "/in/pipe", "/in/deep",
    ])
    func `anything else is refused`(path: String) throws {
        try withFolders { base, roots in
            let failure = #expect(throws: TaskFailure.self) { try roots.open(base + path) }
            guard case .refused = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test(arguments: ["", "/", "../out/c.csv", "a\0.csv", "/etc/passwd", "..", "deep/../../out/c.csv"])
    func `so are paths that lead away by themselves`(path: String) throws {
        try withFolders { _, roots in
            #expect(throws: TaskFailure.self) { try roots.open(path) }
        }
    }

    @Test func `a file that is not there may come later`() throws {
        try withFolders { base, roots in
            let missing = TaskFailure.unreadable("there is no file later.csv that can be read")
            #expect(throws: missing) { try roots.open("later.csv") }
        }
    }

    @Test func `without roots nothing can be read`() {
        let failure = TaskFailure.refused("the file lies outside the folders that imports may read")
        #expect(throws: failure) { try AllowedRoots([]).open("/etc/passwd") }
    }
}

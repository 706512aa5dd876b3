import Dispatch
import Foundation
import TestSupport

/// What jobs of the suite wait for: a file for programs, and a row of a table for functions.
struct Gate: Sendable {
    /// Removed at the end: whoever still waits gives up then.
    let folder: URL
    let database: TestDatabase

    init(_ database: TestDatabase) throws {
        self.database = database
        folder = FileManager.default.temporaryDirectory.appending(path: "tusk-gate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try database.script("create table public.gate (opened boolean)")
    }

    /// The file that opens it.
    var path: String { folder.appending(path: "open").path }

    /// Whether a job has begun that looks for the gate.
    var isReached: Bool { FileManager.default.fileExists(atPath: path + ".begun") }

    func open() throws {
        try Data().write(to: URL(filePath: path))
        try database.script("insert into public.gate values (true)")
    }

    func remove() throws { try FileManager.default.removeItem(at: folder) }

    // MARK: For what runs in the process of the test

    /// What a job of this process does before anything else.
    static func reach(_ path: String) throws { try Data().write(to: URL(filePath: path + ".begun")) }

    /// Whether it is still shut, and anybody could open it.
    static func isShut(_ path: String) -> Bool {
        let files = FileManager.default
        let folder = URL(filePath: path).deletingLastPathComponent().path
        return !files.fileExists(atPath: path) && files.fileExists(atPath: folder)
    }

    /// Waits in turns, before each of which `check` may throw.
    static func wait(_ path: String, _ check: () throws -> Void) rethrows {
        while isShut(path) {
            try check()
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(10))
        }
    }
}

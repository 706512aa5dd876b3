import Foundation
import TestSupport
import Tusk

@testable import TuskTasks

extension WorkerBench {
    /// The processes of the commands, told by what all of them inherit.
    var processes: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ") else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).contains("MARK=\(mark)\0")
        }
    }
}

/// Runs `body` beside a worker whose kinds are commands, by name: what a shell is told. `adjust` changes each of them.
func withCommands(
    _ scripts: [String: String],
    worker adjustWorker: (inout WorkerConfiguration) -> Void = { _ in },
    adjust: @Sendable (inout CommandSpec) -> Void = { _ in },
    _ body: @escaping @Sendable (WorkerBench) async throws -> Void
) async throws {
    let mark = UUID().uuidString
    let specs = try scripts.map { name, script in
        guard let kind = Kind(name) else { throw FixtureError(name) }
        var spec = CommandSpec(kind: kind, arguments: ["/bin/bash", "-c", script])
        spec.variables = ["MARK": mark]
        adjust(&spec)
        return spec
    }
    try await withWorker(adjustWorker) { configuration in
        configuration.commands = specs
        configuration.supervisor = [
            ServiceProcess.folder.appending(path: "tusk").path, CommandSupervisor.word,
        ]
    } _: { bench in
        var marked = bench
        marked.mark = mark
        try await body(marked)
    }
}

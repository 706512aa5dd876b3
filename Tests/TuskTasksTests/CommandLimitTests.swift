import Foundation
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

@testable import TuskTasks

/// Commands that have to be ended, and what is left of them: nothing.
@Suite struct CommandLimitTests {
    /// Ignores SIGTERM, and has a grandchild in a session of its own that does too.
    private static let stubborn = """
        trap '' TERM
        setsid bash -c "trap '' TERM; echo up; sleep 1000; :" &
        sleep 1000
        """

    @Test func `a cancelled command is killed with a grandchild that has left its group`() async throws {
        try await withCommands(["work": Self.stubborn], adjust: { $0.grace = .milliseconds(200) }) { bench in
            let id = try bench.enqueue()
            try await eventually(within: .seconds(10)) { try bench.lines(id) == ["up"] }
            #expect(bench.processes.count >= 3)
            let session = try bench.database.storeSession()
            defer { session.close() }
            _ = try session.cancel(id, by: "test", reason: nil)
            try await eventually(within: .seconds(10)) { try bench.job(id)?.state == .cancelled }
            #expect(bench.processes == [])
        }
    }

    @Test func `a command whose time is over is killed with all it started`() async throws {
        try await withCommands(["work": Self.stubborn], adjust: { $0.grace = .milliseconds(200) }) { bench in
            let start = ContinuousClock.now
            let job = try await bench.ended(try bench.enqueue(timeout: .seconds(1)))
            #expect(job.error == "not done within 1s")
            #expect(start.duration(to: .now) < .seconds(4))
            #expect(bench.processes == [])
        }
    }

    @Test func `a command that ends leaves nothing behind`() async throws {
        let script = #"setsid sleep 1000 & sleep 1000 & echo '{"result": 1}'"#
        try await withCommands(["work": script]) { bench in
            let ended = try await bench.ended(try bench.enqueue())
            #expect(ended.state == .completed)
            #expect(bench.processes == [])
        }
    }

    /// Each script starts 30 processes that only sleep. Nothing here may multiply: the count is looked at every 20 ms,
    /// and no limit of the kernel stands behind it for root, who runs these tests.
    @Test(arguments: [
        "for i in {1..30}; do sleep 1000 & done; wait",
        "for i in {1..30}; do setsid sleep 1000 & done; wait",
    ])
    func `too many processes are ended, and other jobs do not mind`(script: String) async throws {
        try await withCommands(["many": script, "work": "exit 0"], adjust: { $0.processesMax = 20 }) { bench in
            let id = try bench.enqueue("many")
            let others = try (0..<5).map { _ in try bench.enqueue("work") }
            #expect(try await bench.ended(id).error == "it was more than 20 processes at once")
            #expect(bench.processes == [])
            for other in others { #expect(try await bench.ended(other).state == .completed) }
        }
    }

    @Test(arguments: [
        ("yes", "it wrote more than 1000000 bytes"),
        ("yes >&2", "it wrote more than 1000000 bytes"),
        ("while :; do :; done", "it used more than 1 s of CPU time"),
        ("f=$(mktemp); exec 3> $f; rm $f; head -c 3000000 /dev/zero >&3", "exit status 153"),
        ("head -c 500000000 /dev/zero | tail -n 1", "exit status 1: tail: memory exhausted"),
    ])
    func `limits hold`(script: String, error: String) async throws {
        try await withCommands(
            ["work": "set -o pipefail; \(script)"],
            adjust: {
                $0.outputBytesMax = 1_000_000
                $0.cpuSeconds = 1
                $0.memoryBytes = 200 << 20
                $0.fileBytesMax = 2_000_000
            }
        ) { bench in
            let job = try await bench.ended(try bench.enqueue())
            #expect(job.error?.hasPrefix(error) == true, "\(job.error ?? "")")
            #expect(bench.processes == [])
        }
    }

    @Test func `the kernel holds a command's user to a number of tasks`() async throws {
        let script = #"printf '{"result": %s}\n' "$(ulimit -u)""#
        try await withCommands(["work": script], adjust: { $0.processesMax = 20 }) { bench in
            let id = try bench.enqueue()
            #expect(try await bench.ended(id).state == .completed)
            let result = try #require(try bench.job(id)?.result)
            let limit = try #require(Int(result.text))
            // At least those of the command, and not those of another user beside.
            #expect(limit >= 16 * 20)
            #expect(limit < 16 * 20 + 4000)
        }
    }

    @Test func `a drained command is ended, and its job goes back without costing an attempt`() async throws {
        try await withCommands(
            ["work": "echo up >&2; sleep 1000"],
            worker: { $0.drainTimeout = .milliseconds(100) }
        ) { bench in
            let id = try bench.enqueue()
            try await eventually(within: .seconds(10)) { try bench.lines(id) == ["up"] }
            await bench.worker.stop()
            let job = try #require(try bench.job(id))
            #expect(job.state == .available)
            #expect(job.attempt == 0)
            #expect(bench.processes == [])
        }
    }
}

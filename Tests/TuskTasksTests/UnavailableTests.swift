import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskTasks

/// What counts for a breaker among the ends of built-in tasks, and costs no attempt then.
@Suite struct UnavailableTests {
    @Test(arguments: ["429 No", "502 No", "503 No", "504 No"], ["", "Retry-After: 0\r\n"])
    func `a webhook whose receiver can do nothing now`(status: String, header: String) async throws {
        let server = try LoopbackServer { _ in answer(status, header) }
        try await withWebhook(server.url) { bench in
            try await Self.check(bench, "the receiver answered \(status.prefix(3))")
        }
    }

    @Test func `a webhook whose receiver is gone`() async throws {
        // It ends with this statement.
        let url = try LoopbackServer { _ in answer("200 OK") }.url
        try await withWebhook(url) { bench in
            try await Self.check(bench, "the request failed: couldn't connect to server")
        }
    }

    @Test func `a command with exit status 69`() async throws {
        try await withCommands(["work": "echo no relay >&2; exit 69"]) { bench in
            try await Self.check(bench, "exit status 69: no relay")
        }
    }

    @Test func `an answer that is an error of its own does not count`() async throws {
        let server = try LoopbackServer { _ in answer("500 No") }
        try await withWebhook(server.url) { bench in
            try bench.database.script("select tusk.put_limit('kind:work', breaker_failures => 1)")
            let job = try await bench.ended(try bench.enqueue(try .test("work", maxAttempts: 1)))
            #expect(job.state == .discarded)
            #expect(try bench.database.number("select count(*) from tusk.breaker") == 0)
        }
    }

    private static func check(_ bench: WorkerBench, _ reason: String) async throws {
        try bench.database.script("select tusk.put_limit('kind:work', breaker_failures => 1)")
        let id = try bench.enqueue(try .test("work", maxAttempts: 1))
        let job = try await bench.ended(id)
        #expect(job.state == .retryable)
        #expect(try bench.attempts(id).map(\.ended) == ["snoozed"])
        #expect(try bench.database.texts("select reason from tusk.breaker where wave = 0") == [reason])
        #expect(try bench.database.number("select count(*) from tusk.outcome") == 0)
    }
}

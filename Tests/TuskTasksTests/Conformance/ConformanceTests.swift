import Foundation
import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

/// What a job may rely on, whatever runs it: each promise is asked of all five kinds of executors, with the same
/// expectations of what the database says. Where one cannot keep a promise, `ExecutorKind` says so and why, and the
/// test expects what happens instead.
@Suite struct ConformanceTests {
    @Test(arguments: ExecutorKind.allCases)
    func `an enqueued job is run once it is committed, and one that nobody offers waits`(
        _ kind: ExecutorKind
    ) async throws {
        try await withStage(kind) { stage in
            let other = try stage.bench.enqueue("other")
            let enqueue = "select tusk.enqueue('\(stage.kind.job)', '\(stage.args("answer"))')"
            try stage.database.script("begin; \(enqueue); rollback")
            try stage.database.script("begin; \(enqueue); commit")
            try await eventually(within: .seconds(30), "a completed job") {
                try stage.database.number("select count(*) from tusk.outcome where state = 'completed'") == 1
            }
            #expect(try stage.database.number("select count(*) from tusk.jobs") == 2)
            #expect(try stage.bench.job(other)?.state == .available)
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a job runs under a lease, in one attempt, and its result is kept`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("answer")
            let job = try await stage.job(id, "ends") { $0.state.isFinal }
            #expect(job.state == .completed, "\(job.error ?? "")")
            #expect(job.attempt == 1)
            #expect(try #require(job.lease).rawValue > 0)
            #expect(job.worker != nil && job.startedAt != nil && job.finishedAt != nil && job.error == nil)
            #expect(job.result?.text.filter { $0 != " " } == #"{"n":7}"#)
            #expect(try stage.bench.attempts(id).isEmpty)
            try await eventually(within: .seconds(30)) {
                try stage.database.number("select count(*) from tusk.lease") == 0
            }
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `how far a job is can be read while it runs, and afterwards`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("tell")
            try await stage.isAtWork(id)
            if kind.progress == .whileItRuns {
                let job = try await stage.job(id, "is half done") { $0.progressFraction == 0.5 }
                #expect(job.state == .running && job.progressMessage == "half")
            }
            try stage.gate.open()
            let job = try await stage.job(id, "ends") { $0.state.isFinal }
            #expect(job.state == .completed)
            #expect(job.progressFraction == (kind.progress == .never ? nil : 0.5))
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `what a job logs can be read while it runs, and afterwards`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("tell")
            try await stage.isAtWork(id)
            if kind.log == .whileItRuns {
                try await eventually(within: .seconds(30)) { try stage.bench.lines(id) == ["one", "two"] }
                #expect(try stage.bench.job(id)?.state == .running)
            }
            try stage.gate.open()
            #expect(try await stage.job(id, "ends") { $0.state.isFinal }.state == .completed)
            let lines = kind.log == .never ? [] : ["one", "two"]
            try await eventually(within: .seconds(30), "its lines") { try stage.bench.lines(id) == lines }
            // They are those of its own lease.
            let others =
                "select count(*) from tusk.job_log as line where line.lease <> "
                + "(select lease from tusk.outcome where id = \(id))"
            #expect(try stage.database.number(others) == 0)
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `an attempt that fails is kept with its error, and the next may succeed`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("fail")
            let failed = try await stage.job(id, "has failed once") { $0.state == .retryable }
            #expect(failed.attempt == 1)
            try stage.gate.open()
            let job = try await stage.bench.over(id)
            #expect(job.state == .completed && job.attempt == 2)
            let attempts = try stage.bench.attempts(id)
            #expect(attempts.map(\.ended) == ["failed"])
            #expect(attempts[0].error?.contains("no luck") == true, "\(attempts[0].error ?? "")")
            #expect(try #require(job.lease).rawValue > attempts[0].lease)
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a job that wants to run again later does, and no attempt is used`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("snooze")
            let asleep = try await stage.job(id, "waits") { $0.state == .retryable }
            #expect(asleep.attempt == 0)
            let late = "select count(*) from tusk.scheduled where due_at > now() + interval '1 s'"
            #expect(try stage.database.number(late) == 0)
            try stage.gate.open()
            let job = try await stage.bench.over(id)
            #expect(job.state == .completed && job.attempt == 1)
            #expect(try stage.bench.attempts(id).map(\.ended) == ["snoozed"])
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a job that can never succeed is discarded at its own word`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("discard")
            let job = try await stage.job(id, "ends") { $0.state.isFinal || $0.state == .retryable }
            #expect(job.state == .discarded)
            #expect(job.reason == "handler")
            #expect(job.error?.contains(kind == .webhook ? "410" : "no use") == true, "\(job.error ?? "")")
            #expect(job.attempt == 1)
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a running job that is cancelled ends within seconds, and gives nothing back`(
        _ kind: ExecutorKind
    ) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("wait")
            try await stage.isAtWork(id)
            try stage.database.script("select tusk.cancel(\(id))")
            let asked = ContinuousClock.now
            let job = try await stage.job(id, "ends") { $0.state.isFinal }
            #expect(job.state == .cancelled)
            #expect(job.result == nil)
            // A handler that does not obey is given up after five seconds.
            #expect(asked.duration(to: .now) < .seconds(4))
            if kind == .function {
                try await eventually { try !Work.isFunctionRunning(stage.database) }
            }
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `an attempt whose time is over has failed, and says so`(_ kind: ExecutorKind) async throws {
        try await withStage(kind) { stage in
            let id = try stage.enqueue("wait", timeout: .seconds(1))
            let job = try await stage.job(id, "has failed") { $0.state == .retryable || $0.state.isFinal }
            #expect(job.state == .retryable && job.attempt == 1)
            let attempts = try stage.bench.attempts(id)
            #expect(attempts.map(\.ended) == ["failed"])
            // The clock of a request may be the first of two that say the same.
            let words =
                kind == .webhook
                ? ["not done within 1s", "the request failed: timeout was reached"]
                : ["not done within 1s"]
            #expect(words.contains(attempts.first?.error ?? ""), "\(attempts.first?.error ?? "")")
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a lost job runs again under a higher lease, and only that run counts`(_ kind: ExecutorKind) async throws {
        try await withStage(kind, StageSettings(leaseTime: .seconds(3))) { stage in
            let id = try stage.enqueue("wait")
            try await stage.isAtWork(id)
            let session = try stage.database.storeSession()
            defer { session.close() }
            let first = try #require(try session.job(id)?.lease)
            try await eventually(within: .seconds(30), "the rescue") {
                try stage.database.script(
                    "update tusk.worker set heartbeat_at = now() - interval '2 hours', lease_ms = 1000"
                )
                _ = try session.rescue()
                return try session.attempts(of: id).count == 1
            }
            try session.signal([.standard])
            let second = try await stage.job(id, "runs again") { $0.state == .running && $0.lease != first }
            #expect(try #require(second.lease) > first)
            try stage.gate.open()
            let job = try await stage.job(id, "ends") { $0.state.isFinal }
            #expect(job.state == .completed && job.lease == second.lease)
            #expect(job.attempt == 1, "losing a worker is not a failure")
            let attempts = try stage.bench.attempts(id)
            #expect(attempts.map(\.ended) == ["lost"] && attempts[0].lease == first.rawValue)
            #expect(try stage.database.number("select count(*) from tusk.outcome where id = \(id)") == 1)
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a drain gives back what does not end in time at no cost, and takes nothing more`(
        _ kind: ExecutorKind
    ) async throws {
        try await withStage(kind, StageSettings(patience: .milliseconds(300))) { stage in
            let id = try stage.enqueue("wait")
            try await stage.isAtWork(id)
            try await stage.stop()
            let late = try stage.enqueue("answer")
            let job = try #require(try stage.bench.job(id))
            #expect(job.state == .available && job.attempt == 0)
            #expect(try stage.bench.attempts(id).map(\.ended) == ["given_back"])
            #expect(try stage.bench.job(late)?.state == .available)
            #expect(try stage.database.number("select count(*) from tusk.lease") == 0)
        }
    }

    @Test(arguments: ExecutorKind.allCases)
    func `a drain waits for what ends in time`(_ kind: ExecutorKind) async throws {
        try await withStage(kind, StageSettings(patience: .seconds(20))) { stage in
            let id = try stage.enqueue("wait")
            try await stage.isAtWork(id)
            async let stopped: Void = stage.stop()
            try stage.gate.open()
            try await stopped
            let job = try #require(try stage.bench.job(id))
            #expect(job.state == .completed && job.attempt == 1)
        }
    }
}

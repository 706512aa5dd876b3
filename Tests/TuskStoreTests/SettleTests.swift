import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct SettleTests {
    @Test func `each verdict puts the job where it belongs`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 6)
            let jobs = try store.claim(worker)
            let verdicts: [Verdict] = [
                .complete, .discard, .cancel, .retry(after: .seconds(60)), .snooze(after: .seconds(60)), .giveBack,
            ]
            let entries = zip(jobs, verdicts).map { SettleEntry($0, $1, startedAgo: .milliseconds(10), error: "e") }
            #expect(try store.session.settle(entries, worker: worker).allSatisfy { $0 == .accepted })
            let states = try jobs.map { try store.state($0.id) }
            #expect(states == [.completed, .discarded, .cancelled, .retryable, .retryable, .available])
            let attempts = try jobs.map { try store.session.job($0.id)?.attempt }
            #expect(attempts == [1, 1, 1, 1, 0, 0])
            #expect(try store.database.number("select count(*) from tusk.lease") == 0)
        }
    }

    @Test func `parts of a lease are settled one by one, and the row goes with the last`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 100)
            let jobs = try store.claim(worker)
            for part in [jobs[3..<10], jobs[0..<3], jobs[50..<99], jobs[10..<50]] {
                #expect(try store.settle(Array(part), worker).allSatisfy { $0 == .accepted })
                #expect(try store.database.number("select count(*) from tusk.lease") == 1)
            }
            #expect(try store.state(jobs[99].id) == .running)
            #expect(try store.settle([jobs[99]], worker) == [.accepted])
            #expect(try store.database.number("select count(*) from tusk.lease") == 0)
            #expect(try store.database.number("select count(*) from tusk.outcome") == 100)
        }
    }

    @Test func `what is sent twice is accepted once`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 4)
            let jobs = try store.claim(worker)
            let verdicts: [Verdict] = [.complete, .retry(after: .seconds(60)), .giveBack]
            let entries = zip(jobs, verdicts).map { SettleEntry($0, $1, startedAgo: nil) }
            #expect(try store.session.settle(entries, worker: worker) == [.accepted, .accepted, .accepted])
            let again = try store.session.settle(entries, worker: worker)
            #expect(again == [.acceptedBefore, .acceptedBefore, .acceptedBefore])
            #expect(try store.settle([jobs[3]], worker) == [.accepted])
            #expect(try store.session.settle(entries, worker: worker) == again)
            #expect(try store.database.number("select count(*) from tusk.outcome") == 2)
        }
    }

    @Test func `the late result of a worker that lost its lease changes nothing`() async throws {
        try await withStore { store in
            let (paused, other) = (try store.worker(), try store.worker())
            let id = try #require(try store.enqueue(count: 1).first)
            let old = try store.claim(paused)
            try store.silence(paused)
            #expect(try store.session.rescue().jobsReturned == 1)
            #expect(try store.settle(old, paused) == [.leaseLost])
            #expect(try store.state(id) == .available)
            let new = try #require(
                try store.session.claimAlone(worker: other, queues: [.standard], kinds: old.map(\.kind))
            )
            #expect(try store.settle(old, paused) == [.leaseLost])
            #expect(try store.settle(old, other) == [.leaseLost])
            #expect(try store.state(id) == .running)
            #expect(try store.settle([new], other) == [.accepted])
            #expect(try store.settle(old, .retry(after: .zero), paused) == [.leaseLost])
            #expect(try store.state(id) == .completed)
        }
    }

    @Test func `a stale entry does not harm its neighbours`() async throws {
        try await withStore { store in
            let (dead, worker) = (try store.worker(), try store.worker())
            try store.enqueue(count: 3)
            let lost = try store.claim(dead, max: 1)
            let held = try store.claim(worker)
            try store.silence(dead)
            _ = try store.session.rescue()
            #expect(try store.settle([held[0]] + lost + [held[1]], worker) == [.accepted, .leaseLost, .accepted])
        }
    }

    @Test func `an entry whose position belongs to another job is refused`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 2)
            let jobs = try store.claim(worker)
            var parameters = Parameters()
            parameters.int2(0)
            parameters.uuid(high: worker.high, low: worker.low)
            parameters.int8Array([jobs[0].lease.rawValue])
            parameters.int4Array([1])
            parameters.int8Array([jobs[0].id.rawValue])
            parameters.int2Array([0])
            parameters.int8Array(optional: [nil])
            parameters.textArray([])
            parameters.textArray([])
            parameters.jsonArray([])
            parameters.int8Array([jobs[0].lease.rawValue])
            let text = try #require(SQLCatalog.texts["queries/settle_jobs.sql"])
            let rows = try store.session.session.run(Statement(name: "settle_jobs", text: text), parameters)
            #expect(rows.int2(0, 0) == SettleStatus.leaseLost.rawValue)
            #expect(try store.settle(jobs, worker) == [.accepted, .accepted])
        }
    }

    @Test func `a running job that was told to stop ends cancelled, whatever its handler says`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 3)
            let jobs = try store.claim(worker)
            #expect(try store.session.cancel(jobs[1].id, by: "anna", reason: nil) == .cancelling)
            #expect(try store.session.cancel(jobs[1].id, by: "bob", reason: nil) == .cancelling)
            #expect(try store.session.job(jobs[1].id)?.cancelRequestedAt != nil)
            #expect(try store.session.cancelRequests(worker: worker).map(\.id) == [jobs[1].id])
            #expect(try store.settle(jobs, worker) == [.accepted, .cancelled, .accepted])
            let record = try #require(try store.session.job(jobs[1].id))
            #expect(record.state == .cancelled)
            #expect(record.reason == "operator")
            #expect(record.result == nil)
            #expect(try store.session.cancel(jobs[1].id, by: "anna", reason: nil) == .cancelled)
            #expect(try store.session.cancel(jobs[0].id, by: "anna", reason: nil) == .completed)
        }
    }

    @Test func `attempts are counted over claims, and carried by the lease`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 3)
            for round in 1...3 {
                let jobs = try store.claim(worker)
                #expect(jobs.map(\.attempt) == [round, round, round])
                #expect(try store.settle(jobs, .retry(after: .zero), worker).count == 3)
                #expect(try store.session.promote().jobs == 3)
            }
            let jobs = try store.claim(worker)
            try store.silence(worker)
            _ = try store.session.rescue()
            #expect(try store.session.job(jobs[0].id)?.attempt == 3)
        }
    }

    @Test func `progress and log lines need the present lease`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let job = try #require(try store.claim(worker).first)
            func report(_ fraction: Double, _ line: Int32) throws {
                try store.session.write(
                    [ProgressReport(id: job.id, lease: job.lease, fraction: fraction, message: "half\u{0}way")],
                    worker: worker
                )
                try store.session.write(
                    [JobLogLine(id: job.id, lease: job.lease, line: line, level: 6, message: "line \(line)")],
                    worker: worker
                )
            }
            try report(0.5, 1)
            try store.silence(worker)
            _ = try store.session.rescue()
            try report(0.9, 2)
            let record = try #require(try store.session.job(job.id))
            #expect(record.progressFraction == 0.5)
            #expect(record.progressMessage == "half way")
            #expect(try store.session.logLines(of: job.id, afterLease: 0, line: 0).map(\.message) == ["line 1"])
        }
    }

    @Test func `what is said of a settled job is refused, also while its lease goes on`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 2)
            let jobs = try store.claim(worker)
            #expect(try store.settle([jobs[1]], worker) == [.accepted])
            let lines = jobs.map { JobLogLine(id: $0.id, lease: $0.lease, line: 1, level: 6, message: "x") }
            let reports = jobs.map { ProgressReport(id: $0.id, lease: $0.lease, fraction: 1, message: nil) }
            #expect(try store.session.write(lines, reports, worker: worker) == 1)
            let first = ["\(jobs[0].id)"]
            #expect(try store.database.texts("select id::text from tusk.job_log") == first)
            #expect(try store.database.texts("select id::text from tusk.progress") == first)
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct LeaseFunctionTests {
    private static func complete(_ job: ClaimedJob) -> Statement {
        Statement(name: "test_complete", text: "select tusk.complete(\(job.id), \(job.lease), '{\"n\":1}')")
    }

    private static func sqlState(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch let error as PostgresError {
            return error.sqlState
        } catch {
            return "another error: \(error)"
        }
    }

    @Test func `a handler's changes and the completion commit together`() async throws {
        try await withStore { store in
            try store.database.script("create table public.effect (job bigint)")
            let worker = try store.worker()
            try store.enqueue(count: 2)
            let jobs = try store.claim(worker, leasedApart: ["noop"])
            let own = try store.database.session()
            defer { own.close() }
            try own.script("begin; insert into public.effect values (1)")
            _ = try own.run(Self.complete(jobs[0]), Parameters())
            #expect(try store.state(jobs[0].id) == .running)
            try own.script("commit")
            #expect(try store.state(jobs[0].id) == .completed)
            #expect(try store.session.job(jobs[0].id)?.result?.text == #"{"n":1}"#)
            try own.script("begin; insert into public.effect values (2)")
            _ = try own.run(Self.complete(jobs[1]), Parameters())
            try own.script("rollback")
            #expect(try store.state(jobs[1].id) == .running)
            #expect(try store.database.number("select count(*) from public.effect") == 1)
            // What the worker says of the first job afterwards is known to be the same.
            #expect(try store.settle(jobs, worker) == [.acceptedBefore, .accepted])
        }
    }

    @Test func `completing under a stale lease raises, also a second time, and takes the changes with it`() async throws
    {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 2)
            let jobs = try store.claim(worker, leasedApart: ["noop"])
            let own = try store.database.session()
            defer { own.close() }
            _ = try own.run(Self.complete(jobs[0]), Parameters())
            #expect(Self.sqlState { _ = try own.run(Self.complete(jobs[0]), Parameters()) } == "TK001")
            try store.silence(worker)
            _ = try store.session.rescue()
            #expect(Self.sqlState { _ = try own.run(Self.complete(jobs[1]), Parameters()) } == "TK001")
            #expect(try store.state(jobs[1].id) == .available)
        }
    }

    @Test func `assert_lease passes for the present lease only, and holds it until the transaction ends`() async throws
    {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let job = try #require(try store.claim(worker).first)
            let check = Statement(name: "test_assert", text: "select tusk.assert_lease(\(job.id), \(job.lease))")
            let own = try store.database.session()
            defer { own.close() }
            try own.script("begin")
            _ = try own.run(check, Parameters())
            try store.silence(worker)
            #expect(try store.session.rescue().leases == 0)
            try own.script("commit")
            #expect(try store.state(job.id) == .running)
            try store.database.script("update tusk.lease set claimed_at = now() - interval '2 seconds'")
            #expect(try store.session.rescue().leases == 1)
            #expect(Self.sqlState { _ = try own.run(check, Parameters()) } == "TK001")
            let other = Statement(name: "test_assert", text: "select tusk.assert_lease(\(job.id.rawValue + 1024), 1)")
            #expect(Self.sqlState { _ = try own.run(other, Parameters()) } == "TK001")
        }
    }

    @Test func `a job that was told to stop cannot be completed in its handler's transaction`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let job = try #require(try store.claim(worker).first)
            #expect(try store.session.cancel(job.id, by: "anna", reason: "wrong file") == .cancelling)
            let own = try store.database.session()
            defer { own.close() }
            #expect(Self.sqlState { _ = try own.run(Self.complete(job), Parameters()) } == "TK002")
        }
    }

    @Test func `one job of a shared lease completed in SQL leaves the others to the worker`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 3)
            let jobs = try store.claim(worker)
            let own = try store.database.session()
            defer { own.close() }
            _ = try own.run(Self.complete(jobs[1]), Parameters())
            #expect(try store.settle(jobs, worker) == [.accepted, .acceptedBefore, .accepted])
            #expect(try store.database.number("select count(*) from tusk.lease") == 0)
        }
    }

    @Test func `a job of a shared lease that was asserted is not settled before that transaction ends`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 2)
            let jobs = try store.claim(worker)
            let own = try store.database.session()
            defer { own.close() }
            try own.script("begin; select tusk.assert_lease(\(jobs[0].id), \(jobs[0].lease))")
            let hasty = try store.database.store().openSession(for: "hasty", lockTimeout: .milliseconds(50))
            defer { hasty.close() }
            let entries = jobs.map { SettleEntry($0, .complete, startedAgo: nil) }
            #expect(Self.isLockTimeout { _ = try hasty.settle(entries, worker: worker) })
            #expect(try hasty.heldLeases([jobs[0].lease]) == [jobs[0].lease])
            try own.script("commit")
            #expect(try hasty.heldLeases([jobs[0].lease]) == [])
            #expect(try hasty.settle(entries, worker: worker) == [.accepted, .accepted])
        }
    }

    private static func isLockTimeout(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch let error as StoreError {
            return error.isLockTimeout
        } catch {
            return false
        }
    }

    @Test func `a result has the same limit as over the library`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 1)
            let job = try #require(try store.claim(worker).first)
            let own = try store.database.session()
            defer { own.close() }
            let text = "select tusk.complete(\(job.id), \(job.lease), to_json(repeat('x', $1)))"
            func complete(_ length: Int32) throws {
                var parameters = Parameters()
                parameters.int4(length)
                _ = try own.run(Statement(name: "test_complete", text: text), parameters)
            }
            #expect(Self.sqlState { try complete(65_535) } == "22023")
            #expect(try store.state(job.id) == .running)
            try complete(65_534)
            #expect(try store.state(job.id) == .completed)
        }
    }

    @Test func `a job that is cancelled before it starts has no attempt behind it`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let id = try #require(try store.enqueue(count: 1).first)
            for person: Author in ["anna", "ben"] {
                let job = try #require(try store.claim(worker).first)
                #expect(try store.session.cancel(id, by: person, reason: nil) == .cancelling)
                let by = try store.database.texts("select requested_by from tusk.cancel_request")
                #expect(by == [person.name])
                let entry = SettleEntry(job, .cancel, startedAgo: nil, reason: "operator")
                #expect(try store.session.settle([entry], worker: worker) == [.accepted])
                #expect(try store.session.retry(id, by: "test") == .available)
                #expect(try store.session.attempts(of: id).isEmpty)
            }
        }
    }

    @Test func `cancel and retry find a job wherever it waits`() async throws {
        try await withStore { store in
            let ids = try store.enqueue(try .test(), try .test(runAt: .after(.seconds(3600))))
            for id in ids {
                #expect(try store.session.cancel(id, by: "anna", reason: nil) == .cancelled)
                #expect(try store.state(id) == .cancelled)
                #expect(try store.session.retry(id, by: "test") == .available)
                #expect(try store.session.retry(id, by: "test") == .available)
            }
            let worker = try store.worker()
            let jobs = try store.claim(worker)
            #expect(jobs.map(\.id) == ids)
            #expect(try store.session.retry(ids[0], by: "test") == .running)
            #expect(try store.settle(jobs, .discard, worker).count == 2)
            #expect(try store.session.retry(ids[0], by: "test") == .available)
            #expect(try store.session.attempts(of: ids[0]).map(\.ended) == ["discarded"])
            #expect(try store.settle(try store.claim(worker), worker) == [.accepted])
            #expect(try store.session.retry(ids[0], by: "test") == .completed)
            let nobody = try #require(JobID(rawValue: 1 << 40))
            #expect(try store.session.retry(nobody, by: "test") == .notFound)
            #expect(try store.session.cancel(nobody, by: "anna", reason: nil) == .notFound)
        }
    }

    @Test func `a discarded job that used all attempts gets one more when it is retried`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let id = try #require(try store.enqueue(try .test(maxAttempts: 1)).first)
            #expect(try store.settle(try store.claim(worker), .discard, worker) == [.accepted])
            #expect(try store.session.retry(id, by: "test") == .available)
            #expect(try store.claim(worker).first?.attempt == 1)
        }
    }
}

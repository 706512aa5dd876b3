import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct RescueTests {
    private static let noop = [Kind("noop")].compactMap { $0 }

    /// A job whose first worker was lost, and the worker that has claimed it alone.
    private static func claimSuspect(_ store: StoreFixture) throws -> (ClaimedJob, WorkerID) {
        let lost = try store.worker()
        try store.enqueue(count: 1)
        _ = try store.claim(lost)
        try store.silence(lost)
        _ = try store.session.rescue()
        let next = try store.worker()
        let alone = try store.session.claimAlone(worker: next, queues: [.standard], kinds: noop)
        return (try #require(alone), next)
    }

    @Test func `jobs of a silent worker are available again, settled ones stay settled`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 10)
            let jobs = try store.claim(worker)
            #expect(try store.settle(Array(jobs[..<4]), worker).count == 4)
            #expect(try store.session.rescue().workers == 0)
            try store.silence(worker)
            let round = try store.session.rescue()
            #expect([round.workers, round.leases, round.jobsEnded, round.jobsReturned] == [1, 1, 0, 6])
            #expect(round.queues == ["default"])
            #expect(try store.session.rescue().leases == 0)
            #expect(try jobs.prefix(4).allSatisfy { try store.state($0.id) == .completed })
            #expect(try jobs.dropFirst(4).allSatisfy { try store.state($0.id) == .available })
            #expect(try store.session.attempts(of: jobs[9].id).map(\.ended) == ["lost"])
            #expect(try !store.session.beat(worker: worker))
        }
    }

    @Test func `a rescued job runs alone, and only what it loses alone is charged`() async throws {
        try await withStore { store in
            let id = try #require(try store.enqueue(count: 1).first)
            let first = try store.worker()
            _ = try store.claim(first)
            try store.silence(first)
            #expect(try store.session.rescue().jobsReturned == 1)
            for charge in 1...3 {
                let worker = try store.worker()
                #expect(try store.claim(worker).isEmpty)
                let alone = try store.session.claimAlone(worker: worker, queues: [.standard], kinds: Self.noop)
                #expect(alone?.id == id)
                #expect(alone?.attempt == 1)
                try store.silence(worker)
                let round = try store.session.rescue()
                #expect(round.jobsEnded == (charge == 3 ? 1 : 0))
            }
            let record = try #require(try store.session.job(id))
            #expect(record.state == .discarded)
            #expect(record.reason == "crash")
        }
    }

    @Test func `a suspect that is given back stays a suspect`() async throws {
        try await withStore { store in
            let (alone, next) = try Self.claimSuspect(store)
            #expect(try store.settle([alone], .giveBack, next) == [.accepted])
            #expect(try store.claim(next).isEmpty)
            #expect(try store.session.claimAlone(worker: next, queues: [.standard], kinds: Self.noop)?.id == alone.id)
        }
    }

    @Test func `an attempt that ends by itself clears the suspicion`() async throws {
        try await withStore { store in
            let (alone, next) = try Self.claimSuspect(store)
            #expect(try store.settle([alone], .retry(after: .zero), next) == [.accepted])
            #expect(try store.session.promote().jobs == 1)
            #expect(try store.claim(next).count == 1)
        }
    }

    @Test func `a job told to stop whose worker dies ends cancelled`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let id = try #require(try store.enqueue(count: 1).first)
            _ = try store.claim(worker)
            #expect(try store.session.cancel(id, by: "anna", reason: nil) == .cancelling)
            try store.silence(worker)
            #expect(try store.session.rescue().jobsEnded == 1)
            #expect(try store.state(id) == .cancelled)
        }
    }

    @Test func `leases of a worker without a row are found`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 3)
            _ = try store.claim(worker)
            try store.session.remove(worker: worker)
            #expect(try store.session.rescue().leases == 0)
            try store.database.script("update tusk.lease set claimed_at = now() - interval '2 seconds'")
            #expect(try store.session.rescue().jobsReturned == 3)
        }
    }

    @Test func `a lost setting loses no job`() async throws {
        try await withStore { store in
            try store.database.script("delete from tusk.setting")
            let worker = try store.worker()
            let id = try #require(try store.enqueue(count: 1).first)
            _ = try store.claim(worker)
            try store.silence(worker)
            #expect(try store.session.rescue().jobsReturned == 1)
            for _ in 1...3 {
                #expect(try store.state(id) == .available)
                let next = try store.worker()
                _ = try store.session.claimAlone(worker: next, queues: [.standard], kinds: Self.noop)
                try store.silence(next)
                _ = try store.session.rescue()
            }
            #expect(try store.state(id) == .discarded)
            let kept = "select tusk.retention('idempotency_retention') || ' ' || tusk.retention('job_retention')"
            #expect(try store.database.texts(kept) == ["24:00:00 14 days"])
        }
    }

    @Test func `a setting that cannot be read is refused where it is written`() async throws {
        try await withStore { store in
            let bad = [
                ("crash_budget", "many"), ("crash_budget", "0"), ("crash_budget", ""), ("crash_budget", "1e9"),
                ("job_retention", "soon"), ("history_retention", "-1 day"), ("idempotency_retention", "0"),
                ("history_retention", "99999999999 years"),
            ]
            for (name, value) in bad {
                #expect(throws: PostgresError.self, "\(name) \(value)") {
                    try store.database.script("update tusk.setting set value = '\(value)' where name = '\(name)'")
                }
            }
            try store.database.script(
                """
                update tusk.setting set value = '5' where name = 'crash_budget';
                update tusk.setting set value = 'P30D' where name = 'job_retention'
                """
            )
            #expect(try store.database.number("tusk.crash_budget()") == 5)
        }
    }

    @Test func `leases that their worker does not know of are put back free of charge`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try store.enqueue(count: 6)
            let known = try store.claim(worker, max: 2)
            let unknown = try store.claim(worker)
            #expect(try store.settle([unknown[0]], worker) == [.accepted])
            #expect(try store.session.cancel(ids[3], by: "anna", reason: nil) == .cancelling)
            let queues = try store.session.returnLeases(of: worker, except: [known[0].lease])
            #expect(queues == [.standard])
            #expect(
                try ids.map { try store.state($0) } == [
                    .running, .running, .completed, .cancelled, .available, .available,
                ]
            )
            #expect(try store.session.returnLeases(of: worker, except: [known[0].lease]).isEmpty)
            #expect(try store.claim(worker).map(\.attempt) == [1, 1], "not alone, and not charged")
            #expect(try store.session.returnLeases(of: try store.worker(), except: []).isEmpty)
        }
    }

    @Test func `rescuers at the same time bring each job back once`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            for _ in 0..<20 {
                let worker = try store.worker()
                try store.enqueue(count: 50)
                #expect(try store.claim(worker).count == 50)
            }
            try database.script("update tusk.worker set heartbeat_at = now() - interval '1 hour'")
            let returned = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<5 {
                    group.addTask {
                        try await Lane.run("rescuer \(number)") {
                            let session = try database.storeSession()
                            return try session.rescue().jobsReturned + session.rescue().jobsReturned
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(returned == 1000)
            #expect(try database.number("select count(*) from tusk.ready") == 1000)
            #expect(try database.number("select count(distinct id) from tusk.ready") == 1000)
        }
    }

    @Test func `due jobs are promoted in the order in which they are due`() async throws {
        try await withStore { store in
            let ids = try store.enqueue(
                try .test(runAt: .after(.milliseconds(3))),
                try .test(runAt: .after(.milliseconds(1))),
                try .test(runAt: .after(.seconds(3600)))
            )
            #expect(try store.state(ids[2]) == .scheduled)
            try store.database.script("select pg_sleep(0.01)")
            let round = try store.session.promote()
            #expect(round.jobs == 2)
            #expect(round.queues == ["default"])
            let wait = try #require(round.nextDueIn)
            #expect(wait > .seconds(3590) && wait <= .seconds(3600))
            let worker = try store.worker()
            #expect(try store.claim(worker).map(\.id) == [ids[1], ids[0]])
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskStore

/// Jobs that are of no use when they start late.
@Suite struct StartDeadlineTests {
    @Test func `a job in time runs, one that is late is not claimed but discarded with that reason`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let job = try NewJob(kind: "noop", startBy: .within(.seconds(60)))
            let ids = try store.enqueue(job, job, job)
            #expect(try store.claim(worker).isEmpty, "it has to be looked at")
            #expect(try store.claimGated(worker, max: 1).jobs.map(\.id) == [ids[0]])
            try store.makeLate(ids[1...])
            #expect(try store.session.explain(ids[1]).reasons.map(\.word) == ["late"])
            #expect(try store.claimGated(worker).jobs.isEmpty)
            let late = try store.session.discardLate().late
            #expect(late.discarded == [ids[1], ids[2]] && late.next != nil)
            #expect(try ids.map(store.state) == [.running, .discarded, .discarded])
            let reason = "select distinct reason from tusk.outcome"
            #expect(try store.database.texts(reason) == ["start_by"])
        }
    }

    @Test func `wherever it waits, a late job is discarded, and those behind it in line go on`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 1)
            let api = try #require(JobLimit("api"))
            let head = try store.enqueue(NewJob(kind: "noop", limits: [api]))[0]
            _ = try store.claimGated(worker)
            let due = RunTime.after(.seconds(30))
            let scheduled = try store.enqueue(NewJob(kind: "noop", runAt: due, startBy: .within(.seconds(1))))[0]
            let blocked = try store.enqueue(NewJob(kind: "noop", limits: [api], startBy: .within(.seconds(60))))[0]
            _ = try store.claimGated(worker)
            let first = try store.enqueue(
                NewJob(kind: "noop", order: JobOrder("a", onDiscard: .skip), startBy: .within(.seconds(60)))
            )[0]
            let second = try store.enqueue(NewJob(kind: "noop", order: JobOrder("a")))[0]
            let states = try [scheduled, blocked, first, second].map(store.state)
            #expect(states == [.scheduled, .blocked, .available, .blocked])
            try store.makeLate([scheduled, blocked, first])
            let (late, queues) = try store.session.discardLate()
            #expect(Set(late.discarded) == [scheduled, blocked, first], "\(late) \([scheduled, blocked, first])")
            #expect(late.next == nil && queues == [.standard])
            #expect(try store.claimGated(worker).jobs.map(\.id) == [second])
            #expect(try store.state(head) == .running)
        }
    }

    @Test func `one that has started once is never late, and one that is retried by hand runs`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let started = try store.enqueue(NewJob(kind: "noop", startBy: .within(.seconds(60))))[0]
            let claimed = try store.claimGated(worker).jobs
            _ = try store.settle(claimed, .retry(after: .zero), worker)
            let late = try store.enqueue(NewJob(kind: "noop", startBy: .within(.seconds(60))))[0]
            try store.makeLate([started, late])
            _ = try store.session.promote()
            #expect(try store.claim(worker).map(\.id) == [started])
            #expect(try store.session.discardLate().late.discarded == [late])
            #expect(try store.database.number("select count(*) from tusk.start_deadline") == 0)
            _ = try store.session.retry(late, by: "test")
            _ = try store.session.promote()
            #expect(try store.claim(worker).map(\.id) == [late])
        }
    }
}

extension StoreFixture {
    /// Lets the time pass by which these jobs have to start.
    func makeLate(_ ids: some Sequence<JobID>) throws {
        for id in ids {
            try database.script(
                """
                update tusk.job set start_by = now() - interval '1 ms' where id = \(id);
                update tusk.start_deadline set start_by = job.start_by from tusk.job where job.id = \(id)
                and start_deadline.id = job.id
                """
            )
        }
    }
}

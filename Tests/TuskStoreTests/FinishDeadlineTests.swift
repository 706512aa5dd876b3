import TestSupport
import Testing
import TuskCore
import TuskStore

/// Jobs that should be finished by a time: the earliest of a queue and band is claimed first.
@Suite struct FinishDeadlineTests {
    @Test func `the earliest of a band goes first, and before those without a time`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let plain = try store.enqueue(count: 2)
            let late = try store.enqueue(.due(in: 300))[0]
            let early = try store.enqueue(.due(in: 60))[0]
            let next = try store.enqueue(.due(in: 90))[0]
            let twin = try store.enqueue(.due(in: 300))[0]
            let urgent = try store.enqueue(NewJob(kind: "noop", priority: .test(0)))[0]
            let idle = try store.enqueue(NewJob(kind: "noop", priority: .test(9), finishBy: .within(.seconds(1))))[0]
            #expect(try store.claim(worker, max: 3).map(\.id) == [urgent, early, next])
            let rest = try store.claim(worker)
            #expect(rest.map(\.id) == [late, twin] + plain + [idle])
            #expect(rest.map { $0.rank > 0 } == [false, false, true, true, false], "theirs says nothing of others")
            #expect(try store.settle(rest, worker).allSatisfy { $0 == .accepted })
        }
    }

    @Test func `the bytes of a claim are counted in that order`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let plain = try store.enqueue(.sized(1000))[0]
            let late = try store.enqueue(.sized(1000, dueIn: 300))[0]
            let early = try store.enqueue(.sized(1000, dueIn: 60))[0]
            #expect(try store.claim(worker, bytesMax: 1500).map(\.id) == [early, late])
            #expect(try store.claim(worker, bytesMax: 1500).map(\.id) == [plain])
        }
    }

    @Test func `it is so for jobs with limits, too, and among those that wait for room`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 2)
            let plain = try store.enqueue(.limited())
            let late = try store.enqueue(.limited(dueIn: 300))
            let early = try store.enqueue(.limited(dueIn: 60))
            let next = try store.enqueue(.limited(dueIn: 90))
            let first = try store.claimGated(worker, max: 2).jobs
            #expect(first.map(\.id) == early + next)
            #expect(try store.claimGated(worker).jobs.isEmpty)
            #expect(try (plain + late).map(store.state) == [.blocked, .blocked])
            let later = try store.enqueue(.limited(dueIn: 200))
            #expect(try store.claimGated(worker).jobs.isEmpty)
            for (id, ahead) in zip(later + late + plain, 0...) {
                let message = try store.session.explain(id).reasons.first?.message
                #expect(message == "it waits for limit api, with \(ahead) jobs ahead of it")
            }
            var running = first
            for expected in [later, late, plain] {
                #expect(try store.settle([running.removeFirst()], worker) == [.accepted])
                _ = try store.session.releaseLimited(["api"])
                let jobs = try store.claimGated(worker).jobs
                #expect(jobs.map(\.id) == expected)
                running += jobs
            }
        }
    }

    @Test func `limits of queues and kinds hold them as any other`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("queue:default", 1)
            try store.enqueue(count: 1)
            let late = try store.enqueue(.due(in: 300))
            let early = try store.enqueue(.due(in: 60))
            #expect(try store.claim(worker).isEmpty)
            let jobs = try store.claimGated(worker).jobs
            #expect(jobs.map(\.id) == early)
            _ = try store.settle(jobs, worker)
            _ = try store.session.releaseLimited(["queue:default"])
            #expect(try store.claimGated(worker).jobs.map(\.id) == late)
        }
    }

    @Test func `it keeps its turn on each way back into line`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let early = try store.enqueue(.due(in: 60))
            let soon = try NewJob(kind: "noop", runAt: .after(.seconds(5)), finishBy: .within(.seconds(20)))
            let scheduled = try store.enqueue(soon)
            try store.enqueue(count: 1)
            _ = try store.settle(store.claim(worker, max: 1), .retry(after: .zero), worker)
            try store.database.script("update tusk.scheduled set due_at = now()")
            _ = try store.session.promote()
            #expect(try store.claim(worker, max: 2).map(\.id) == scheduled + early)
            _ = try store.session.returnLeases(of: worker, except: [])
            #expect(try store.claim(worker, max: 2).map(\.id) == scheduled + early, "given back")
            try store.silence(worker)
            _ = try store.session.rescue()
            let turns = "select count(*) from tusk.ready where turn_key like '!2%' and interruptions = 1"
            #expect(try store.database.number(turns) == 2, "rescued")
        }
    }

    @Test func `explain counts those that go first`() async throws {
        try await withStore { store in
            _ = try store.worker()
            let plain = try store.enqueue(count: 2)
            let late = try store.enqueue(.due(in: 300))
            let early = try store.enqueue(.due(in: 60))
            let texts = try (early + late + plain).map { try store.session.explain($0).reasons.map(\.message)[0] }
            for (text, ahead) in zip(texts, 0...) {
                #expect(text.hasPrefix("nothing holds it back; \(ahead) jobs of its queue are ahead of it"))
            }
            #expect(texts[0].contains("and it should be finished by 20"))
            #expect(!texts[3].contains("finished by"))
        }
    }
}

extension NewJob {
    fileprivate static func due(in seconds: Int) throws -> NewJob {
        try NewJob(kind: "noop", finishBy: .within(.seconds(seconds)))
    }

    fileprivate static func sized(_ bytes: Int, dueIn seconds: Int? = nil) throws -> NewJob {
        let args = JSONText(trusted: Array("\"\(String(repeating: "x", count: bytes - 2))\"".utf8))
        return try NewJob(kind: "noop", args: args, finishBy: seconds.map { .within(.seconds($0)) })
    }

    fileprivate static func limited(dueIn seconds: Int? = nil) throws -> NewJob {
        let api = try #require(JobLimit("api"))
        return try NewJob(kind: "noop", limits: [api], finishBy: seconds.map { .within(.seconds($0)) })
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Why a job is not running.
@Suite struct ExplainTests {
    @Test func `each thing that holds a job back is named, in order, with its numbers`() async throws {
        try await withStore { store in
            let id = try store.enqueue(count: 1, "resize", queue: "mail")[0]
            #expect(try store.words(id) == ["no_worker"])
            #expect(try store.messages(id) == ["no live worker serves queue mail"])
            _ = try store.session.pause("mail", by: "anna", reason: "smtp is down")
            let paused = try store.messages(id)
            #expect(paused.count == 2 && paused[0].hasPrefix("queue mail is paused by anna since "))
            #expect(paused[0].hasSuffix(": smtp is down"))
            _ = try store.session.resume("mail", by: "test")

            let worker = try store.worker()
            let free = try store.enqueue(count: 3)
            #expect(try store.messages(free[2]) == ["nothing holds it back; 2 jobs of its queue are ahead of it"])
            let strange = try store.enqueue(count: 1, "strange")[0]
            #expect(try store.messages(strange) == ["no live worker offers kind strange; 1 serve queue default"])
            let later = try store.enqueue(.test(runAt: .after(.seconds(60))))[0]
            #expect(try store.words(later) == ["not_due", "no_scheduler"])
            #expect(try store.messages(later)[0].hasPrefix("it is due in 60 s, at "))

            try store.limit("api", 2)
            let limited = try store.enqueue(limits: ["api"], count: 5)
            let running = try store.claimGated(worker).jobs
            #expect(try store.words(limited[0]) == ["running"])
            #expect(try store.messages(limited[0])[0].hasPrefix("it runs on test since "))
            #expect(
                try store.messages(limited[4]) == [
                    "it waits for limit api, with 2 jobs ahead of it", "limit api: 2 of 2 are held",
                ]
            )
            let new = try store.enqueue(limits: ["api"], count: 1)[0]
            #expect(try store.messages(new) == ["limit api: 2 of 2 are held"])
            _ = try store.settle([running[0]], worker)
            #expect(try store.messages(new) == ["limit api: 1 of 2 are held, and other jobs wait ahead of it"])
            #expect(try store.words(running[0].id) == ["ended"])
            #expect(try store.session.explain(try #require(JobID(rawValue: 7 << 40))).isFound == false)
        }
    }

    /// The explanation and the claims have the same predicates, in any state.
    @Test func `a job is runnable if and only if a claim that reaches it takes it`() async throws {
        try await withStore { store in
            var runnable = 0
            for round in 0..<60 {
                try store.database.script(
                    """
                    truncate tusk.ready, tusk.scheduled, tusk.blocked, tusk.lease, tusk.limit_hold, tusk.worker,
                        tusk.key_limit, tusk.queue, tusk.order_head
                    """
                )
                let (worker, kinds) = try store.makeRandomState()
                let (id, table) = try store.randomWaitingJob()
                let words = try store.words(id)
                let isRunnable = words == ["runnable"]
                runnable += isRunnable ? 1 : 0
                // Those ahead of it are only ahead of it.
                try store.database.script("delete from tusk.ready where id <> \(id)")
                var claimed = try store.claim(worker, kinds: kinds, queues: ["x", "y"]).map(\.id)
                for isAlone in [false, true] {
                    let gated = try store.claimGated(worker, kinds: kinds, queues: ["x", "y"], isAlone: isAlone)
                    claimed += gated.jobs.map(\.id)
                }
                let offered = kinds.compactMap(Kind.init)
                let alone = try store.session.claimAlone(worker: worker, queues: ["x", "y"], kinds: offered)
                if let alone { claimed.append(alone.id) }
                let state = Comment(rawValue: "round \(round): \(table) \(id) \(words) \(claimed)")
                #expect((claimed == [id]) == isRunnable, state)
                #expect(isRunnable || claimed.isEmpty, state)
            }
            #expect((1...59).contains(runnable), "the states are of both sorts: \(runnable) of 60")
        }
    }
}

extension StoreFixture {
    fileprivate func words(_ id: JobID) throws -> [String] { try session.explain(id).reasons.map(\.word) }
    fileprivate func messages(_ id: JobID) throws -> [String] { try session.explain(id).reasons.map(\.message) }

    /// Two queues and two kinds, some without a worker, paused or limited; jobs that wait, run and are held back.
    /// Answers the worker and the kinds it offers.
    fileprivate func makeRandomState() throws -> (WorkerID, kinds: [String]) {
        let offered = Bool.random() ? ["a", "b"] : ["a"]
        let worker = WorkerID.random()
        try session.register(
            WorkerRecord(
                id: worker,
                processID: 1,
                host: "test",
                version: "test",
                slots: 10,
                leaseTime: .seconds(60),
                queues: ["x", "y"],
                kinds: offered.compactMap(Kind.init)
            )
        )
        for (key, most) in [("queue:x", 2), ("kind:b", 2), ("t:1", 1), ("t:*", 3)] where Int.random(in: 0..<3) == 0 {
            try limit(key, most)
        }
        for key in ["queue:y", "kind:a", "t:2", "t:*"] where Int.random(in: 0..<5) == 0 {
            try rate(key, 1, per: .seconds(3600), burst: Int.random(in: 1...4))
        }
        for key in ["kind:b", "t:1", "t:*"] where Int.random(in: 0..<12) == 0 {
            guard let key = PausableKey(key) else { continue }
            _ = try session.pause(key, by: "test", reason: nil, until: nil)
        }
        for _ in 0..<2 {
            for _ in 0..<6 {
                let keys = ["t:1", "t:2", "u"].filter { _ in Int.random(in: 0..<3) == 0 }
                let weight = Int.random(in: 1...2)
                let job = try NewJob(
                    kind: Bool.random() ? "a" : "b",
                    queue: Bool.random() ? "x" : "y",
                    priority: Bool.random() ? .standard : .test(2),
                    runAt: Int.random(in: 0..<6) == 0 ? .after(.seconds(60)) : .now,
                    limits: keys.compactMap { JobLimit($0, weight: weight) },
                    order: Int.random(in: 0..<8) == 0 ? JobOrder("line") : nil,
                    finishBy: Int.random(in: 0..<4) == 0 ? .within(.seconds(.random(in: 1...99))) : nil
                )
                try enqueue(job)
            }
            _ = try claimGated(worker, max: Int.random(in: 1...6), kinds: offered, queues: ["x", "y"])
            if Bool.random() { _ = try session.releaseNext() }
        }
        try database.script("update tusk.ready set interruptions = 1 where random() < 0.2")
        for _ in 0..<Int.random(in: 0...6) { try makeRandomEdit() }
        if Int.random(in: 0..<4) == 0 { _ = try session.pause("y", by: "test", reason: nil) }
        // One that has ended by itself.
        if Bool.random() { try database.script("update tusk.queue set paused_until = now() where name = 'y'") }
        return (worker, offered)
    }

    /// Changes one of those that wait, if it can be changed so.
    private func makeRandomEdit() throws {
        let waiting = "select count(*) from tusk.jobs where run_at is not null or blocked_by <> ''"
        guard try database.number(waiting) > 0 else { return }
        var edit = JobEdit()
        if Bool.random() { edit.queue = Bool.random() ? "x" : "y" }
        if Bool.random() { edit.priority = Bool.random() ? .standard : .test(2) }
        if Bool.random() { edit.runAt = Int.random(in: 0..<4) == 0 ? .after(.seconds(60)) : .now }
        if Bool.random() { edit.tags = ["edited"] }
        let answer = try session.edit(try randomWaitingJob().0, edit, by: "test")
        switch answer {
        case .changed, .invalid: break
        case .wrongState, .notFound, .refused: Issue.record("a waiting job answers \(answer)")
        }
    }

    /// One of those that wait.
    fileprivate func randomWaitingJob() throws -> (JobID, String) {
        let text = """
            select id, place from (
                select id, 'ready' as place from tusk.ready union all select id, 'scheduled' from tusk.scheduled
                union all select id, 'blocked' from tusk.blocked
            ) as waiting order by random() limit 1
            """
        let rows = try session.session.run(Statement(name: "pick", text: text, isReadOnly: true))
        guard rows.rowCount == 1, let id = JobID(rawValue: rows.int8(0, 0)) else { throw FixtureError("a waiting job") }
        return (id, rows.text(0, 1))
    }
}

extension Priority {
    static func test(_ band: Int16) -> Priority {
        guard let priority = Priority(rawValue: band) else { preconditionFailure("bands are 0 to 9") }
        return priority
    }
}

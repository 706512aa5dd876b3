import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Claims for those who have no session here.
@Suite struct OutsideClaimTests {
    /// Claims; the ids of the jobs, in claim order.
    private static func claim(
        _ store: StoreFixture,
        max: Int = 100,
        queues: [QueueName] = ["default"],
        token: ClaimToken = .random()
    ) throws -> [JobID] {
        let claim = OutsideClaim(
            token: token,
            owner: "key",
            name: "test",
            version: "test",
            demand: ClaimDemand(queues: queues, kinds: ["noop", "other"]),
            jobsMax: max,
            leaseTime: .seconds(3)
        )
        return try store.session.claim(claim) { _ in }?.jobs.map(\.id) ?? []
    }

    @Test func `what waits for no limit and what a limit lets in come in one claim, up to its size`() async throws {
        try await withStore { store in
            let plain = try store.enqueue(count: 2)
            let free = try store.enqueue(limits: ["api"], count: 1)
            try store.limit("kind:other", 1)
            let kind = try store.enqueue(count: 2, "other")
            let queue = try store.enqueue(count: 2, queue: "narrow")
            try store.limit("queue:narrow", 1)
            let got = try Self.claim(store, queues: ["default", "narrow"])
            #expect(Set(got) == Set(plain + free + [kind[0], queue[0]]) && got.count == 5)
            #expect(try store.state(kind[1]) == .blocked && store.state(queue[1]) == .blocked)
            #expect(try Self.claim(store, queues: ["default", "narrow"]).isEmpty)
            #expect(try store.database.number("select count(*) from tusk.worker") == 1)
            let more = try store.enqueue(count: 3) + store.enqueue(limits: ["api"], count: 3)
            let (first, second) = (try Self.claim(store, max: 4), try Self.claim(store, max: 4))
            #expect(first.count == 4 && Set(first + second) == Set(more))
        }
    }

    @Test func `a paused queue, a paused kind and other kinds give nothing`() async throws {
        try await withStore { store in
            try store.enqueue(count: 2, "unknown")
            try store.enqueue(count: 2, "other")
            try store.enqueue(count: 2, queue: "shut")
            try store.database.script("select tusk.pause_key('kind:other')")
            try store.database.script("insert into tusk.queue (name, paused_at) values ('shut', now())")
            #expect(try Self.claim(store, queues: ["default", "shut"]).isEmpty)
            #expect(try store.database.number("select count(*) from tusk.worker") == 0)
        }
    }

    @Test func `the more urgent band comes first, whether or not a limit concerns it`() async throws {
        try await withStore { store in
            try store.enqueue(count: 1)
            var urgent = try NewJob.test("noop")
            urgent.priority = try #require(Priority(rawValue: 0))
            urgent.limits = [try #require(JobLimit("api"))]
            let first = try store.enqueue(urgent)
            #expect(try Self.claim(store, max: 1) == first)
            urgent.limits = []
            let second = try store.enqueue(urgent)
            try store.enqueue(limits: ["api"], count: 1)
            #expect(try Self.claim(store, max: 1) == second)
        }
    }

    @Test func `one job that lost a lease comes along with others, each under a lease of its own`() async throws {
        try await withStore { store in
            let lost = try store.enqueue(count: 2) + store.enqueue(limits: ["api"], count: 1)
            #expect(try Self.claim(store).count == 3)
            try store.database.script("update tusk.worker set heartbeat_at = now() - interval '1 hour'")
            #expect(try store.session.rescue().jobsReturned == 3)
            let fresh = try store.enqueue(count: 1)
            for id in lost {
                let got = try Self.claim(store, max: 10)
                #expect(got == (id == lost[0] ? [id] + fresh : [id]))
            }
            #expect(try store.database.number("select max(interruptions) from tusk.lease") == 1)
            #expect(try store.database.number("select max(cardinality(ids)) from tusk.lease") == 1)
        }
    }

    @Test func `what nobody will hear of goes back as it came, with its part of a limit`() async throws {
        try await withStore { store in
            let ids = try store.enqueue(count: 1) + store.enqueue(limits: ["api"], count: 1)
            let token = ClaimToken.random()
            #expect(try Set(Self.claim(store, token: token)) == Set(ids))
            #expect(try store.session.giveBack(token) == [.standard])
            for table in ["worker", "lease", "limit_hold", "attempt"] {
                #expect(try store.database.number("select count(*) from tusk.\(table)") == 0, "\(table)")
            }
            #expect(try store.database.number("select sum(attempt + interruptions) from tusk.ready") == 0)
            #expect(try Set(Self.claim(store)) == Set(ids))
        }
    }

    @Test func `a crash is told from a settlement when one is sent again`() async throws {
        try await withStore { store in
            let id = try store.enqueue(count: 1)[0]
            let token = ClaimToken.random()
            #expect(try Self.claim(store, token: token) == [id])
            try store.database.script("update tusk.lease set interruptions = 100")
            try store.database.script("update tusk.worker set heartbeat_at = now() - interval '1 hour'")
            #expect(try store.session.rescue().jobsEnded == 1)
            let outcome = OutsideOutcome(id: id, end: .returned(result: nil))
            #expect(try store.session.settle([outcome], token, owner: "key") == nil)
        }
    }

    @Test func `looking for jobs reads no table, however many of other kinds and queues wait`() async throws {
        try await withStore { store in
            for _ in 0..<2 { try store.enqueue(count: 5000, queue: "busy") }
            try store.database.script("analyze tusk.ready")
            let text = try #require(SQLCatalog.texts["queries/find_claimable.sql"])
            let session = try store.database.storeSession().session
            defer { session.close() }
            try session.script("prepare look (smallint, text[], smallint[], text[]) as \(text)")
            let plan = try session.run(
                Statement(
                    name: "explain",
                    text: "explain (costs off) execute look (0::smallint, '{default}', '{5}', '{noop}')"
                ),
                Parameters()
            )
            let lines = (0..<plan.rowCount).map { plan.text($0, 0) }.joined(separator: "\n")
            #expect(!lines.contains("Seq Scan on ready"), "\(lines)")
            for index in ["ready_pkey", "ready_gated", "ready_turn", "ready_alone"] {
                #expect(lines.contains(index), "\(lines)")
            }
        }
    }
}

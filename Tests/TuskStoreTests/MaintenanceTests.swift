import TestSupport
import Testing
import TuskCore
import TuskStore

@Suite struct MaintenanceTests {
    @Test func `pruning a new database drops nothing`() async throws {
        try await withStore { store in
            let before = try Self.partitions(store)
            #expect(try store.session.prune() == PruneRound())
            #expect(try Self.partitions(store) == before)
            try store.enqueue(count: 3)
            #expect(try store.session.prune() == PruneRound())
            #expect(try store.database.number("select count(*) from only tusk.job_overflow") == 0)
            #expect(try store.database.number("select count(*) from only tusk.job_kept") == 0)
        }
    }

    @Test func `an old job partition goes, and what lives in it stays`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.enqueue(count: 4)
            let waiting = try store.enqueue(try .test(runAt: .after(.seconds(3600))))
            let jobs = try store.claim(worker, max: 2) + store.claim(worker)
            #expect(try store.settle([jobs[0], jobs[1]], worker) == [.accepted, .accepted])
            // The outcome of the first is past its retention too; that of the second is recent.
            try store.database.script(
                """
                delete from tusk.outcome where id = \(jobs[0].id);
                update tusk.job set created_at = now() - interval '15 days';
                select setval('tusk.rank', 5000000); select tusk.make_job_partitions()
                """
            )
            #expect(try store.session.prune().jobPartitions == 1)
            let kept = Set(try store.database.texts("select id::text from tusk.job_kept"))
            #expect(kept == Set(([jobs[1].id, jobs[2].id, jobs[3].id] + waiting).map(\.description)))
            #expect(try store.state(jobs[2].id) == .running)
            #expect(try store.settle([jobs[2], jobs[3]], worker) == [.accepted, .accepted])
            #expect(try store.session.prune().jobPartitions == 0)
            let new = try store.enqueue(count: 1)
            #expect(try store.state(new[0]) == .available)
        }
    }

    @Test func `rows in the overflow move into the partition that is made for them`() async throws {
        try await withStore { store in
            try store.database.script("select setval('tusk.rank', 40000000)")
            let ids = try store.enqueue(count: 5)
            #expect(try store.database.number("select count(*) from only tusk.job_overflow") == 5)
            #expect(try store.session.makePartitions() > 0)
            #expect(try store.database.number("select count(*) from only tusk.job_overflow") == 0)
            #expect(try store.claim(try store.worker()).map(\.id) == ids)
        }
    }

    private static func partitions(_ store: StoreFixture) throws -> [String] {
        try store.database.texts(
            """
            select class.relname || pg_get_expr(class.relpartbound, class.oid) from pg_class as class
            where class.relispartition and class.relkind = 'r' and class.relnamespace = 'tusk'::regnamespace order by 1
            """
        )
    }
}

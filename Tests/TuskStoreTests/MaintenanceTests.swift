import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Tells several threads that it is over.
private final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() {
        state.store(true, ordering: .releasing)
    }
}

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

    /// Tables of what is kept of a job, with the rest of a row.
    private static let kept = [
        (table: "job_step", columns: "lease, kept_at, name, value", values: "1, now(), 'a', '1'"),
        (table: "job_cursor", columns: "lease, saved_at, value", values: "1, now(), '1'"),
        (table: "progress", columns: "lease, fraction, updated_at", values: "1, 0.5, now()"),
        (table: "cancel_request", columns: "requested_at, requested_by", values: "now(), 'anna'"),
    ]

    @Test func `what is kept of a job goes with it and stays with one that stays`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try store.enqueue(count: 6)
            let jobs = try store.claim(worker, max: 3)
            _ = try store.settle(jobs, worker)
            for (table, columns, values) in Self.kept {
                try store.database.script(
                    "insert into tusk.\(table) (shard, id, \(columns)) select 0, id, \(values) from tusk.job"
                )
            }
            #expect(try store.session.prune().records == 0)
            try store.database.script(
                """
                delete from tusk.outcome;
                update tusk.job set created_at = now() - interval '15 days';
                select setval('tusk.rank', 5000000); select tusk.make_job_partitions()
                """
            )
            #expect(try store.session.prune() == PruneRound(jobPartitions: 1, records: 3 * Self.kept.count))
            for (table, _, _) in Self.kept {
                let left = try store.database.texts("select id::text from tusk.\(table) order by id")
                #expect(left == ids[3...].map(\.description), "\(table)")
            }
            // Batch by batch, each from where the last was.
            try store.database.script("delete from tusk.job; delete from tusk.ready")
            let rounds = try (0..<5).map { _ in try store.database.number("select tusk.prune_gone('job_step', 2)") }
            #expect(rounds == [2, 1, 0, 0, 0])
        }
    }

    @Test func `what is kept of jobs that are there is not read to find what can go`() async throws {
        try await withStore { store in
            try store.enqueue(count: 1)
            for (table, columns, values) in Self.kept {
                try store.database.script(
                    """
                    insert into tusk.\(table) (shard, id, \(columns))
                    select 0, n << 10, \(values) from generate_series(1::bigint, 3000) as n;
                    analyze tusk.\(table)
                    """
                )
            }
            let before = try Self.rowsRead(store)
            #expect(try store.session.prune() == PruneRound())
            #expect(try Self.rowsRead(store) - before < 100)
        }
    }

    /// Rows of what is kept of jobs read so far.
    private static func rowsRead(_ store: StoreFixture) throws -> Int64 {
        for text in ["select pg_stat_force_next_flush()", "select 1"] {
            _ = try store.session.session.run(Statement(name: "flush", text: text), Parameters())
        }
        return try store.database.number(
            """
            select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_all_tables
            where schemaname = 'tusk' and relname in ('job_step', 'job_cursor', 'progress', 'cancel_request')
            """
        )
    }

    @Test func `rows in the overflow move into the partition that is made for them`() async throws {
        try await withStore { store in
            try store.database.script("select setval('tusk.rank', 40000000)")
            let ids = try store.enqueue(count: 5)
            #expect(try store.database.number("select count(*) from only tusk.job_overflow") == 5)
            while try store.session.makePartitions() > 0 {}
            #expect(try store.database.number("select count(*) from only tusk.job_overflow") == 0)
            #expect(try store.claim(try store.worker()).map(\.id) == ids)
        }
    }

    @Test func `while somebody reads history nothing waits long, and all else gets its partitions`()
        async throws
    {
        try await withStore { store in
            let name = "select to_char(now() at time zone 'UTC' + interval '7 days', 'YYYYMMDD')"
            let day = try #require(try store.database.texts(name).first)
            try store.database.script("drop table tusk.outcome_\(day), tusk.attempt_\(day)")
            let reader = try store.database.session()
            defer { reader.close() }
            try reader.script("begin; select count(*) from tusk.outcome")
            let start = ContinuousClock.now
            #expect(try store.session.makePartitions() == 1)
            #expect(start.duration(to: .now) < .seconds(1))
            let count = "select count(*) from pg_class where relname in ('outcome_\(day)', 'attempt_\(day)')"
            #expect(try store.database.number(count) == 1)
            try reader.script("commit")
            #expect(try store.session.makePartitions() == 1)
            #expect(try store.database.number(count) == 2)
        }
    }

    @Test func `the overflow is emptied while jobs are enqueued, claimed and settled`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            // So many that moving them takes a while, in which others come.
            try database.script(
                """
                select setval('tusk.rank', 14100000);
                insert into tusk.job (priority, max_attempts, id, args_bytes, created_at, kind, queue, args)
                select 5, 20, n << 10, 2, now(), 'noop', 'default', '{}'
                from generate_series(14000001::bigint, 14040000) as n
                """
            )
            let first = try store.enqueue(count: 500)
            #expect(try database.number("select count(*) from only tusk.job_overflow") == 40_500)
            let isOver = Flag()
            let settled = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<3 {
                    group.addTask {
                        try await Lane.run("traffic \(number)") { try Self.traffic(database, until: isOver) }
                    }
                }
                try await eventually { try database.number("select count(*) from tusk.outcome") > 600 }
                try await eventually(within: .seconds(30)) {
                    try store.session.makePartitions() == 0
                        && database.number("select count(*) from only tusk.job_overflow") == 0
                }
                isOver.raise()
                return try await group.reduce(0, +)
            }
            #expect(settled >= first.count)
            #expect(try database.number("select count(*) from tusk.outcome") == settled)
            #expect(try database.number("select count(*) from tusk.lease") == 0)
        }
    }

    /// Enqueues, claims and settles until it is over and nothing waits; how many jobs were settled.
    private static func traffic(_ database: TestDatabase, until isOver: Flag) throws -> Int {
        let store = try StoreFixture(database)
        defer { store.session.close() }
        let worker = try store.worker()
        var settled = 0
        while true {
            let isLast = isOver.isRaised
            if !isLast { try store.enqueue(count: 20) }
            let jobs = try store.claim(worker)
            settled += try store.settle(jobs, worker).count { $0 == .accepted }
            if isLast, jobs.isEmpty { return settled }
        }
    }

    @Test func `history that nobody made a partition for in time is deleted when its time is over`() async throws {
        try await withStore { store in
            try store.database.script(
                """
                insert into tusk.outcome (attempt, state, id, lease, finished_at)
                select 1, 'completed', n << 10, n, now() - n * interval '1 day' from generate_series(1, 30) as n
                """
            )
            #expect(try store.session.prune().records >= 15)
            #expect(try store.session.prune().records == 0)
            let kept = try store.database.number("select count(*) from tusk.outcome")
            #expect((13...14).contains(kept))
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

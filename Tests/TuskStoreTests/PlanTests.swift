import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// The plans of the hot statements, in the states of the statistics that have hurt others: never analysed, analysed
/// when empty and grown since, analysed when large.
@Suite struct PlanTests {
    enum Statistics: String, CaseIterable, Sendable {
        case neverAnalysed, analysedWhenEmpty, analysedWhenLarge
    }

    @Test(arguments: Statistics.allCases)
    func `claiming and settling go by primary key`(_ statistics: Statistics) async throws {
        try await withStore { store in
            if statistics == .analysedWhenEmpty { try store.database.script("analyze") }
            for _ in 0..<4 { try store.enqueue(count: 5000) }
            try Self.addLeases(store)
            if statistics == .analysedWhenLarge { try store.database.script("analyze") }
            let claim = try Self.plan(store, "claim_jobs", Self.claimArguments)
            #expect(claim.contains("Index Scan using ready_pkey"))
            #expect(claim.contains("Tid Scan on ready"))
            #expect(claim.contains("_pkey on job_0_to"))
            // Nothing but appending and nested loops, which keep the order of picked, comes after it.
            #expect(claim.hasPrefix("Append"))
            #expect(claim.contains("\n  ->  Nested Loop Left Join"))
            let settle = try Self.plan(store, "settle_jobs", Self.settleArguments)
            #expect(!settle.contains("lease_worker"))
            let back = try Self.plan(store, "return_jobs", Self.returnArguments)
            for plan in [claim, settle, back] {
                #expect(!plan.contains("Seq Scan on"), "\(plan)")
                #expect(!plan.contains("Hash Join"), "\(plan)")
                #expect(!plan.contains("Merge Join"), "\(plan)")
            }
            let promote = try Self.plan(store, "promote_jobs", "0::smallint, 1000")
            #expect(promote.contains("Index Scan using scheduled_pkey"))
        }
    }

    @Test(arguments: ["", "vacuum analyze"])
    func `plans that were made while the tables were empty look nothing up by reading a table`(
        _ preparation: String
    ) async throws {
        try await withStore { store in
            if !preparation.isEmpty { try store.database.script(preparation) }
            let claim = try Self.plan(store, "claim_jobs", Self.claimArguments)
            let settle = try Self.plan(store, "settle_jobs", Self.settleArguments)
            let back = try Self.plan(store, "return_jobs", Self.returnArguments)
            for plan in [claim, back] {
                #expect(plan.contains("_pkey on job_0_to"))
                #expect(!plan.contains("Materialize"), "\(plan)")
                #expect(plan.components(separatedBy: "Index Cond: ((id = ").count == 4, "\(plan)")
            }
            #expect(claim.contains("Index Cond: (name = given.queue)"))
            #expect(claim.contains("Tid Scan on ready"))
            #expect(settle.contains("Index Cond: ((shard = $1) AND (number = wanted.number))"), "\(settle)")
        }
    }

    @Test(arguments: Statistics.allCases)
    func `a claim looks only at what it takes`(_ statistics: Statistics) async throws {
        try await withStore { store in
            if statistics == .analysedWhenEmpty { try store.database.script("analyze") }
            for _ in 0..<4 { try store.enqueue(count: 5000) }
            if statistics == .analysedWhenLarge { try store.database.script("analyze") }
            let worker = try store.worker()
            let before = try Self.rowsRead(store)
            #expect(try store.claim(worker, max: 10).count == 10)
            // The claim itself, and nothing that grows with what waits.
            #expect(try Self.rowsRead(store) - before < 200)
        }
    }

    @Test func `a claim does not step over jobs that limits may hold back`() async throws {
        try await withStore { store in
            try store.database.script(
                """
                select tusk.enqueue_each((
                    select json_agg(json_build_object('kind', 'test', 'limits', json_build_array('tenant:' || number)))
                    from generate_series(1, 1000) as number
                )) from generate_series(1, 5)
                """
            )
            try store.enqueue(count: 100)
            let worker = try store.worker()
            let before = try Self.rowsRead(store)
            #expect(try store.claim(worker, max: 10).count == 10)
            #expect(try Self.rowsRead(store) - before < 200)
        }
    }

    @Test func `looking at queues and at the first job of a long line reads little`() async throws {
        try await withStore { store in
            let first = try store.enqueue(count: 1)[0]
            for _ in 0..<4 { try store.enqueue(count: 5000) }
            try store.database.script("analyze")
            _ = try store.worker()
            let before = try Self.rowsRead(store)
            #expect(try store.session.explain(first).isRunnable)
            #expect(try Self.rowsRead(store) - before < 200)
            #expect(try store.session.queues().first?.available == StoreSession.queueCountMax)
            // The first 1,000 are looked at once more, for kinds that nobody offers.
            #expect(try Self.rowsRead(store) - before < StoreSession.queueCountMax + 1000 + 400)
        }
    }

    /// Leases as of a large fleet: 400 rows of 100 jobs.
    private static func addLeases(_ store: StoreFixture) throws {
        try store.database.script(
            """
            insert into tusk.lease (worker_id, claimed_at, ids)
            select gen_random_uuid(), now(), array(select generate_series(1, 100)::bigint)
            from generate_series(1, 400)
            """
        )
    }

    private static let claimArguments = """
        0::smallint, '00000000-0000-4000-8000-000000000000'::uuid, array['default'], array[5]::smallint[],
        array[0]::bigint[], array['noop'], array[]::text[], 100, 1000000::bigint
        """

    private static let settleArguments = """
        0::smallint, '00000000-0000-4000-8000-000000000000'::uuid, array[1]::bigint[], array[0], array[1024]::bigint[],
        array[0]::smallint[], array[1]::bigint[], array[]::text[], array[]::text[], array[]::json[], array[1]::bigint[]
        """

    private static let returnArguments = """
        0::smallint, array[1024]::bigint[], array[1]::bigint[], array[0]::smallint[], array[0]::smallint[],
        array[null]::bigint[]
        """

    /// The plan of a statement for these arguments, as the worker's sessions make it.
    private static func plan(_ store: StoreFixture, _ name: String, _ arguments: String) throws -> String {
        let text = try #require(SQLCatalog.texts["queries/\(name).sql"])
        let session = try store.database.storeSession().session
        defer { session.close() }
        let types = [
            "claim_jobs": "smallint, uuid, text[], smallint[], bigint[], text[], text[], int, bigint",
            "settle_jobs": """
            smallint, uuid, bigint[], int[], bigint[], smallint[], bigint[], text[], text[], json[], bigint[]
            """,
            "return_jobs": "smallint, bigint[], bigint[], smallint[], smallint[], bigint[]",
            "promote_jobs": "smallint, int",
        ]
        try session.script("prepare plan_test (\(types[name] ?? "")) as \(text)")
        let rows = try session.run(
            Statement(name: "explain", text: "explain (costs off) execute plan_test (\(arguments))"),
            Parameters()
        )
        return (0..<rows.rowCount).map { rows.text($0, 0) }.joined(separator: "\n")
    }

    /// Rows of the jobs' tables read so far, by index or by scan.
    private static func rowsRead(_ store: StoreFixture) throws -> Int64 {
        _ = try store.session.session.run(
            Statement(name: "flush", text: "select pg_stat_force_next_flush()"),
            Parameters()
        )
        _ = try store.session.session.run(Statement(name: "flush", text: "select 1"), Parameters())
        return try store.database.number(
            """
            select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))
            from pg_stat_all_tables where schemaname = 'tusk' and relname ~ '^(ready|job_0)'
            """
        )
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Why a queue stands still, and who offered a kind last.
@Suite struct ExplainQueueTests {
    @Test func `all that holds the jobs of a queue back is named with its numbers`() async throws {
        try await withStore { store in
            #expect(try store.queueMessages() == ["no job of queue default is available; 0 workers for it"])
            try store.enqueue(count: 3)
            #expect(try store.queueMessages() == ["3 jobs: no live worker serves queue default"])
            let worker = try store.worker()
            #expect(
                try store.queueMessages() == [
                    "3 jobs waiting for a turn; 1 worker with 10 slots for the queue, which have 0 jobs"
                ]
            )
            try store.enqueue(count: 2, "strange")
            try store.limit("api", 1)
            try store.enqueue(limits: ["api"], count: 5)
            #expect(try store.claimGated(worker).jobs.count == 1)
            try store.enqueue(.test(runAt: .after(.seconds(60))))
            _ = try store.session.pause("default", by: "anna", reason: nil)
            let messages = try store.queueMessages()
            #expect(messages.count == 5, "\(messages)")
            #expect(messages[0].hasPrefix("queue default is paused by anna since "))
            #expect(messages[1] == "2 jobs: no live worker offers kind strange; 1 serve queue default")
            #expect(messages[2] == "4 jobs waiting for limit api: limit api: 1 of 1 is held")
            #expect(messages[3].hasPrefix("1 job due later, the first at "))
            #expect(messages[4].hasPrefix("no scheduler was heard of for a minute"))
        }
    }

    @Test func `kinds that wait and that nobody offers are told with their queue`() async throws {
        try await withStore { store in
            try store.enqueue(count: 2, "strange")
            try store.enqueue(count: 2)
            #expect(try store.session.queues().map(\.kindsNotOffered) == [["noop", "strange"]])
            let worker = try store.worker()
            #expect(try store.session.queues().map(\.kindsNotOffered) == [["strange"]])
            // One that has just been there may come again at once, as one that claims over HTTP.
            try store.session.remove(worker: worker)
            #expect(try store.session.queues().map(\.kindsNotOffered) == [["strange"]])
            try store.database.script("update tusk.kind_seen set seen_at = now() - interval '2 minutes'")
            #expect(try store.session.queues().map(\.kindsNotOffered) == [["noop", "strange"]])
        }
    }

    @Test func `a list of queues does not read what waits once for each queue`() async throws {
        try await withStore { store in
            try store.database.script(
                """
                insert into tusk.scheduled (priority, args_bytes, due_at, id, queue, kind)
                select 5, 2, now() + interval '1 h', n << 10, 'q' || n % 20, 'k'
                from generate_series(1::bigint, 4000) n;
                insert into tusk.blocked (priority, args_bytes, rank, id, blocked_at, reason, key, queue, kind)
                select 5, 2, n, n << 10, now(), 'limit', 'api', 'q' || n % 20, 'k'
                from generate_series(4001::bigint, 8000) n;
                insert into tusk.lease (worker_id, claimed_at, ids)
                select gen_random_uuid(), now(), array(select (n * 100 + m) << 10 from generate_series(1, 100) as m)
                from generate_series(1::bigint, 10) as n;
                insert into tusk.job (priority, max_attempts, id, args_bytes, created_at, kind, queue, args)
                select 5, 20, held.id, 2, now(), 'k', 'q1', '{}' from tusk.lease, unnest(ids) as held (id)
                """
            )
            try store.database.script("vacuum analyze")
            let before = try Self.rowsRead(store)
            let queues = try store.session.queues()
            #expect(queues.count == 20 && queues.allSatisfy { $0.scheduled == 200 && $0.blocked == 200 })
            #expect(queues.map(\.running).reduce(0, +) == 1000)
            // Each row once, and a few steps for each queue.
            #expect(try Self.rowsRead(store) - before < 2 * 9000)
        }
    }

    /// Rows of what waits and of jobs read so far.
    private static func rowsRead(_ store: StoreFixture) throws -> Int64 {
        for text in ["select pg_stat_force_next_flush()", "select 1"] {
            _ = try store.session.session.run(Statement(name: "flush", text: text), Parameters())
        }
        return try store.database.number(
            """
            select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_all_tables
            where schemaname = 'tusk' and relname ~ '^(scheduled|blocked|job_0)'
            """
        )
    }

    @Test func `a worker that is gone is remembered by what it offered`() async throws {
        try await withStore { store in
            let worker = try store.worker(["resize", "noop"])
            let id = try store.enqueue(count: 1, "resize")[0]
            #expect(try store.session.explain(id).isRunnable)
            try store.database.script("update tusk.worker set heartbeat_at = '2020-01-02 03:04:05+00'")
            let silent = try store.session.explain(id).reasons[0].message
            #expect(silent.hasSuffix("; one that offers resize was last heard of on test at 2020-01-02 03:04:05+00"))
            try store.session.remove(worker: worker)
            #expect(try store.session.explain(id).reasons[0].message == silent)
            #expect(try store.database.texts("select kind from tusk.kind_seen order by kind") == ["noop", "resize"])
            // The next one is a live one.
            _ = try store.worker(["resize"])
            #expect(try store.session.explain(id).isRunnable)
        }
    }
}

extension StoreFixture {
    fileprivate func queueMessages() throws -> [String] {
        try session.explain(QueueName.standard).reasons.map(\.message)
    }
}

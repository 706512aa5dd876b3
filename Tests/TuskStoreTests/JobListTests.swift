import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Lists of jobs: what they show, and that they read little of what they do not show, however much there is.
@Suite struct JobListTests {
    /// Some jobs of each state, of 5 kinds in 3 queues, some with a tag; and the rare ones, which are the oldest.
    private static func fill(_ store: StoreFixture, each count: Int) throws {
        try store.database.script(
            """
            create table public.n as
            select
                n, nextval('tusk.rank') << 10 as id, case when n <= 16 then 'rare' else 'k' || n % 5 end as kind,
                'q' || n % 3 as queue
            from generate_series(1, \(count * 8)) as n;
            insert into tusk.job (priority, max_attempts, id, args_bytes, created_at, kind, queue, args, tags)
            select
                5, 20, id, 2, now(), kind, queue, '{"large":1}',
                case when n <= 16 or n % 7 = 0 then '{t}'::text[] end
            from public.n;
            insert into tusk.ready (priority, args_bytes, rank, id, available_at, queue, kind)
            select 5, 2, id >> 10, id, now(), queue, kind from public.n where n % 8 = 0;
            insert into tusk.scheduled (priority, args_bytes, due_at, id, last_lease, queue, kind)
            select 5, 2, now() + interval '1 h', id, n % 8 - 1, queue, kind from public.n where n % 8 in (1, 2);
            insert into tusk.blocked (priority, args_bytes, rank, id, blocked_at, reason, key, queue, kind)
            select 5, 2, id >> 10, id, now(), 'limit', 'api', queue, kind from public.n where n % 8 = 3;
            insert into tusk.lease (worker_id, claimed_at, ids)
            select gen_random_uuid(), now(), array_agg(id) from public.n where n % 8 = 4 group by n / 800;
            insert into tusk.outcome (attempt, state, id, lease, finished_at)
            select 1, (array['completed', 'cancelled', 'discarded'])[n % 8 - 4]::tusk.job_state, id, 1, now()
            from public.n where n % 8 > 4;
            analyze
            """
        )
    }

    private static let filters = [
        JobFilter(), JobFilter(kind: Kind("k1")), JobFilter(queue: QueueName("q1")), JobFilter(tag: Tag("t")),
        JobFilter(kind: Kind("rare")), JobFilter(kind: Kind("none")),
        JobFilter(queue: QueueName("q2"), kind: Kind("k2"), tag: Tag("t")),
    ]

    /// Every filter with every state and without.
    private static var all: [JobFilter] {
        filters.flatMap { filter in
            ([nil] + JobState.allCases).map { state in
                var filter = filter
                filter.state = state
                return filter
            }
        }
    }

    @Test func `a page is no longer than the longest, however much is asked for`() async throws {
        try await withStore { store in
            try Self.fill(store, each: 130)
            let most = StoreSession.listJobsMax
            let page = try store.session.jobs(JobFilter(), below: nil, limit: most + 1, patience: .seconds(5))
            #expect(page.jobs.count == most)
            let rest = try store.session.jobs(JobFilter(), below: page.next, limit: most + 1, patience: .seconds(5))
            #expect(rest.jobs.count == 40 && rest.next == nil)
        }
    }

    @Test func `each filter shows what the view of jobs has, page by page, the newest first`() async throws {
        try await withStore { store in
            try Self.fill(store, each: 40)
            for filter in Self.all {
                var listed: [String] = []
                var below: JobID?
                repeat {
                    let page = try store.session.jobs(filter, below: below, limit: 17)
                    listed += page.jobs.map(\.id.description)
                    #expect(page.jobs.allSatisfy { $0.args == nil && (filter.state ?? $0.state) == $0.state })
                    below = page.next
                } while below != nil
                let expected = try store.database.texts(
                    """
                    select jobs.id::text from tusk.jobs as jobs
                    where \(filter.state.map { "state = '\($0.rawValue)'" } ?? "true")
                    and \(filter.queue.map { "queue = '\($0)'" } ?? "true")
                    and \(filter.kind.map { "kind = '\($0)'" } ?? "true")
                    and \(filter.tag.map { "'\($0)' = any (tags)" } ?? "true")
                    order by jobs.id desc
                    """
                )
                #expect(listed == expected, "\(filter)")
            }
        }
    }

    @Test func `a look reads no more than its bound, whatever is asked for`() async throws {
        try await withStore { store in
            try Self.fill(store, each: 4000)
            let text = try #require(SQLCatalog.texts["queries/list_jobs.sql"])
            try store.database.script("vacuum analyze")
            let session = store.session.session
            try session.script("prepare list_test (text, text, text, text, bigint, int, int) as \(text)")
            // What the session reads of catalogues the first time does not count.
            try session.script("execute list_test (null, null, null, null, 1, 1, 1)")
            for filter in Self.all {
                let words = [filter.state?.rawValue, filter.queue?.text, filter.kind?.text, filter.tag?.text]
                let given = words.map { $0.map { "'\($0)'" } ?? "null" }.joined(separator: ", ")
                let plan = try session.run(
                    Statement(
                        name: "explain",
                        text: "explain (analyze, buffers, costs off, timing off, format json) "
                            + "execute list_test (\(given), \(Int64.max), 10, 200)"
                    ),
                    Parameters()
                ).text(0, 0)
                let hits = try #require(plan.split(separator: "\"Shared Hit Blocks\": ").dropFirst().first)
                let buffers = try #require(Int(hits.prefix { $0.isNumber }))
                // Of each of the 200 the row by its index, and what the ten that are shown are looked up by. Without
                // the bound it is some 8,000 for a filter that finds nothing.
                #expect(buffers < 2000, "\(filter): \(buffers)")
            }
        }
    }

    @Test func `a list that has not found all it may goes on where it stopped looking`() async throws {
        try await withStore { store in
            try Self.fill(store, each: 3000)
            let filter = JobFilter(kind: Kind("rare"))
            let first = try store.session.jobs(filter, below: nil, limit: 20, patience: .zero)
            #expect(first.jobs.isEmpty && first.next != nil, "what it looks at first is not like that")
            let rest = try store.session.jobs(filter, below: first.next, limit: 20, patience: .seconds(60))
            #expect(rest.jobs.count == 16 && rest.next == nil, "and the next looks find the others")
            let all = try store.session.jobs(filter, below: nil, limit: 5, patience: .seconds(60))
            #expect(all.jobs.count == 5 && all.next == all.jobs.last?.id)
        }
    }
}

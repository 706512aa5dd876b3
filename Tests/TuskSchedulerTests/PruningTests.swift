import TestSupport
import Testing
import TuskStore

@testable import TuskScheduler

@Suite struct PruningTests {
    private let days = """
        select count(*) from pg_inherits
        where inhparent = 'tusk.outcome'::regclass and inhrelid::regclass::text ~ '_[0-9]{8}$'
        """
    private let today = "to_char(now() at time zone 'UTC', 'YYYYMMDD')"

    @Test func `partitions of the coming days are made, those past their retention are dropped`() async throws {
        try await withScheduler { fixture in
            let day = try #require(try fixture.database.texts("select \(today)").first)
            try fixture.database.script(
                """
                select tusk.make_partition('outcome', 'outcome_20200101', 'finished_at',
                    '2020-01-01 00:00:00+00', '2020-01-02 00:00:00+00');
                insert into tusk.outcome (attempt, state, id, lease, finished_at)
                values (1, 'completed', 1024, 1, '2020-01-01 12:00:00+00');
                drop table tusk.attempt_\(day);
                """
            )
            #expect(try fixture.database.number(days) == 9)
            _ = fixture.start()
            try await soon { try fixture.database.number(days) == 8 }
            #expect(try fixture.database.number("select count(*) from tusk.outcome") == 0)
            let made = "select count(*) from pg_class where relname = 'attempt_\(day)'"
            try await soon { try fixture.database.number(made) == 1 }
        }
    }

    @Test func `old idempotency keys, ticks and progress are deleted, young ones stay`() async throws {
        try await withScheduler { fixture in
            try fixture.database.script(
                """
                insert into tusk.idempotency (key_hash, fingerprint, created_at, ids, born, run_at)
                select sha256(n::text::bytea), sha256('x'), now() - interval '25 hours', '{1024}', '{available}',
                    '{null}'
                from generate_series(1, 12000) as n;
                insert into tusk.idempotency (key_hash, fingerprint, created_at, ids, born, run_at)
                values (sha256('young'), sha256('x'), now(), '{1024}', '{available}', '{null}');
                insert into tusk.tick (schedule, planned_at, planned_until, recorded_at, outcome)
                select 's', past.moment, past.moment, past.moment, 'missed'
                from generate_series(1, 30) as day (number)
                cross join lateral (select now() - day.number * interval '1 day') as past (moment);
                """
            )
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.idempotency") == 1 }
            try await soon { try fixture.database.number("select count(*) from tusk.tick") < 15 }
            #expect(try fixture.database.number("select count(*) from tusk.tick") >= 13)
        }
    }

    @Test func `records of changes are kept for 90 days`() async throws {
        try await withScheduler { fixture in
            try fixture.database.script(
                """
                insert into tusk.audit (recorded_at, actor_id, actor, action, target_kind, target)
                select now() - day.number * interval '1 day', 'a', 'anna', 'queue.pause', 'queue', 'mail'
                from generate_series(81, 100) as day (number)
                """
            )
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.audit") == 9 }
        }
    }

    @Test func `rows that waited for their partition move into it`() async throws {
        try await withScheduler { fixture in
            let day = try #require(try fixture.database.texts("select \(today)").first)
            try fixture.database.script(
                """
                drop table tusk.outcome_\(day);
                insert into tusk.outcome (attempt, state, id, lease, finished_at)
                select 1, 'completed', n << 10, n, now() from generate_series(1, 100) as n;
                """
            )
            #expect(try fixture.database.number("select count(*) from tusk.outcome_overflow") == 100)
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.outcome_overflow") == 0 }
            #expect(try fixture.database.number("select count(*) from tusk.outcome_\(day)") == 100)
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskScheduler

@Suite struct OutageTests {
    @Test func `the duties go on when the database is back`() async throws {
        try await withScheduler { fixture in
            let proxy = try FaultProxy(to: fixture.database.connectionString)
            let path = proxy.connectionString(fixture.database.connectionString)
            let scheduler = fixture.scheduler("scheduler", through: path)
            scheduler.start()
            defer { scheduler.stop() }
            try await soon { scheduler.isLeader }
            proxy.mode = .cut
            try await soon { fixture.logged("duty failed") >= 5 && !scheduler.isLeader }
            let session = try fixture.database.storeSession()
            defer { session.close() }
            _ = try session.enqueue([.test(runAt: .after(.milliseconds(1)))])
            proxy.mode = .pass
            try await soon { try fixture.database.number("select count(*) from tusk.ready") == 1 }
            try await soon { scheduler.isLeader }
            #expect(fixture.logged("duty goes on") >= 1)
        }
    }

    @Test func `a duty leaves the session of a server that was demoted`() async throws {
        try await withScheduler { fixture in
            // A standby that was the primary answers, and refuses to write, for as long as one asks it.
            try fixture.database.script(
                """
                create table public.demoted (pid integer);
                create or replace function tusk.drop_day_partitions() returns integer language plpgsql as $$
                begin
                    if exists (select from public.demoted where pid = pg_backend_pid()) then
                        raise exception 'cannot execute in a read-only transaction' using errcode = '25006';
                    end if;
                    return 0;
                end $$
                """
            )
            _ = fixture.start()
            let pruner =
                "from pg_stat_activity where datname = current_database() "
                + "and application_name = 'scheduler/pruner'"
            try await soon { try fixture.database.number("select count(*) \(pruner)") == 1 }
            try fixture.database.script("insert into public.demoted select pid \(pruner)")
            let others = "select count(*) \(pruner) and pid not in (select pid from public.demoted)"
            try await soon { try fixture.database.number(others) == 1 }
            try await soon { fixture.logged("duty goes on") >= 1 }
        }
    }

    @Test func `stopping takes no longer than allowed when the database does not answer`() async throws {
        try await withScheduler { fixture in
            let proxy = try FaultProxy(to: fixture.database.connectionString)
            let path = proxy.connectionString(fixture.database.connectionString)
            let scheduler = fixture.scheduler("scheduler", through: path)
            scheduler.start()
            try await soon { scheduler.isLeader }
            proxy.mode = .blackhole
            let start = ContinuousClock.now
            #expect(!scheduler.stop(within: .seconds(1)))
            #expect(ContinuousClock.now - start < .seconds(2))
            proxy.mode = .cut
            #expect(scheduler.stop(within: .seconds(10)))
        }
    }

    @Test func `a duty that hangs does not delay the others`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            // Whoever prunes waits for this lock.
            let blocker = try fixture.database.storeSession()
            defer { blocker.close() }
            try await Self.holdingIdempotency(blocker) {
                let scheduler = fixture.start()
                try await soon { scheduler.isLeader }
                try await soon {
                    let waiting =
                        "select count(*) from pg_stat_activity where application_name = 'scheduler/pruner' "
                        + "and datname = current_database() and wait_event_type = 'Lock'"
                    return try fixture.database.number(waiting) == 1
                }
                _ = try session.enqueue([.test(runAt: .after(.milliseconds(100)))])
                try await eventually(within: .seconds(2)) {
                    try fixture.database.number("select count(*) from tusk.ready") == 1
                }
            }
        }
    }

    private static func holdingIdempotency(
        _ blocker: StoreSession,
        _ body: () async throws -> Void
    ) async throws {
        try blocker.session.script("begin; lock table tusk.idempotency in access exclusive mode")
        do {
            try await body()
        } catch {
            try blocker.session.script("rollback")
            throw error
        }
        try blocker.session.script("rollback")
    }
}

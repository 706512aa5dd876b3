import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

/// What a tick does while the job of the last one lives; the job's life is moved by hand.
@Suite struct OverlapTests {
    /// A schedule that fires every minute, its first tick fired at 00:01, and the job of that tick running.
    private func withRunning(
        _ overlap: String,
        _ body: @Sendable (SchedulerFixture) async throws -> Void
    ) async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:01:00+00")
            try fixture.schedule("minutely", cron: "* * * * *", next: "2026-01-01 00:01:00+00", overlap: overlap)
            _ = fixture.start()
            try await soon { try fixture.ledger() == ["00:01:00 fired 1"] }
            try fixture.runJobs()
            try fixture.setScheduleClock(to: "2026-01-01 00:02:00+00")
            try await body(fixture)
        }
    }

    @Test func `allow fires whatever runs`() async throws {
        try await withRunning("allow") { fixture in
            try await soon { try fixture.ledger() == ["00:01:00 fired 1", "00:02:00 fired 1"] }
            #expect(try fixture.database.number("select count(*) from tusk.ready") == 1)
        }
    }

    @Test func `skip leaves ticks out until the job has ended`() async throws {
        try await withRunning("skip") { fixture in
            try await soon { try fixture.ledger() == ["00:01:00 fired 1", "00:02:00 skipped_overlap 1"] }
            try fixture.endJobs()
            try fixture.setScheduleClock(to: "2026-01-01 00:03:00+00")
            try await soon { try fixture.ledger().last == "00:03:00 fired 1" }
            #expect(try fixture.database.number("select count(*) from tusk.job") == 2)
        }
    }

    @Test(arguments: ["ready", "scheduled", "blocked"])
    func `a job that waits lives as one that runs does`(table: String) async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:01:00+00")
            try fixture.schedule("minutely", cron: "* * * * *", next: "2026-01-01 00:01:00+00", overlap: "skip")
            _ = fixture.start()
            try await soon { try fixture.ledger() == ["00:01:00 fired 1"] }
            if table == "scheduled" {
                try fixture.database.script(
                    """
                    insert into tusk.scheduled (priority, args_bytes, due_at, id, last_lease, queue, kind)
                    select priority, args_bytes, now() + interval '1 hour', id, 1, queue, kind from tusk.ready;
                    delete from tusk.ready
                    """
                )
            } else if table == "blocked" {
                try fixture.database.script(
                    """
                    insert into tusk.blocked (priority, args_bytes, rank, id, blocked_at, reason, key, queue, kind)
                    select priority, args_bytes, rank, id, now(), 'no_worker', kind, queue, kind from tusk.ready;
                    delete from tusk.ready
                    """
                )
            }
            try fixture.setScheduleClock(to: "2026-01-01 00:02:00+00")
            try await soon { try fixture.ledger() == ["00:01:00 fired 1", "00:02:00 skipped_overlap 1"] }
        }
    }

    @Test func `queue_one keeps one tick waiting, and it fires when the job has ended`() async throws {
        try await withRunning("queue_one") { fixture in
            try await soon { try fixture.ledger().last == "00:02:00 queued 1" }
            try fixture.setScheduleClock(to: "2026-01-01 00:03:00+00")
            try await soon { try fixture.ledger().last == "00:03:00 skipped_overlap 1" }
            #expect(try fixture.database.number("select count(*) from tusk.job") == 1)
            try fixture.endJobs()
            try await soon {
                try fixture.ledger() == ["00:01:00 fired 1", "00:02:00 fired 1", "00:03:00 skipped_overlap 1"]
            }
            let waited = "select count(*) from tusk.tick where queued_at is not null and job_id is not null"
            #expect(try fixture.database.number(waited) == 1)
            #expect(try fixture.database.number("select count(*) from tusk.job") == 2)
            // Its job is the last one now.
            try fixture.setScheduleClock(to: "2026-01-01 00:04:00+00")
            try await soon { try fixture.ledger().last == "00:04:00 queued 1" }
        }
    }

    @Test func `a tick that waits does not fire while the schedule is paused`() async throws {
        try await withRunning("queue_one") { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try await soon { try fixture.ledger().last == "00:02:00 queued 1" }
            #expect(try session.pause(schedule: "minutely", by: "test", reason: nil))
            try fixture.endJobs()
            try fixture.setScheduleClock(to: "2026-01-01 00:03:00+00")
            try await soon { try fixture.ledger().last == "00:03:00 paused 1" }
            #expect(try fixture.database.number("select count(*) from tusk.job") == 1)
            #expect(try session.resume(schedule: "minutely", by: "test"))
            try await soon { try fixture.ledger()[1] == "00:02:00 fired 1" }
        }
    }

    @Test func `a tick that waits for a schedule that is removed has an outcome`() async throws {
        try await withRunning("queue_one") { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try await soon { try fixture.ledger().last == "00:02:00 queued 1" }
            #expect(try session.remove(schedule: "minutely", by: "test"))
            #expect(try fixture.ledger() == ["00:01:00 fired 1", "00:02:00 skipped_overlap 1"])
        }
    }

    @Test func `cancel_previous tells the running job to stop and fires`() async throws {
        try await withRunning("cancel_previous") { fixture in
            try await soon { try fixture.ledger() == ["00:01:00 fired 1", "00:02:00 fired 1"] }
            let asked = "select requested_by || ', ' || reason from tusk.cancel_request"
            #expect(try fixture.database.texts(asked) == ["schedule minutely, the next tick has come"])
            // The new one waits, so the tick after it cancels it before it has started.
            try fixture.setScheduleClock(to: "2026-01-01 00:03:00+00")
            try await soon { try fixture.ledger().last == "00:03:00 fired 1" }
            #expect(try fixture.database.number("select count(*) from tusk.outcome where state = 'cancelled'") == 1)
            #expect(try fixture.database.number("select count(*) from tusk.ready") == 1)
            #expect(try fixture.database.number("select count(*) from tusk.job") == 3)
        }
    }

    @Test(arguments: [
        ("allow", ["fired", "fired", "fired"]), ("skip", ["fired", "skipped_overlap"]),
        ("queue_one", ["fired", "queued", "skipped_overlap"]), ("cancel_previous", ["fired", "fired", "fired"]),
    ])
    func `ticks that catch up meet each other's jobs`(overlap: String, outcomes: [String]) async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:03:10+00")
            try fixture.schedule(
                "minutely",
                cron: "* * * * *",
                next: "2026-01-01 00:01:00+00",
                overlap: overlap,
                catchUp: "'all', 10, null"
            )
            _ = fixture.start()
            let found = "select outcome from tusk.tick order by planned_at"
            try await soon { try fixture.database.texts(found) == outcomes }
            #expect(try fixture.database.number("select coalesce(sum(ticks), 0)::bigint from tusk.tick") == 3)
            let alive = overlap == "allow" ? 3 : 1
            #expect(try fixture.database.number("select count(*) from tusk.ready") == Int64(alive))
        }
    }
}

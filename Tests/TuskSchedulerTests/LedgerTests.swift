import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskScheduler

/// One recorded outcome for each planned time.
@Suite struct LedgerTests {
    @Test(arguments: [
        ("'skip', null, null", ["00:01:00-00:04:00 missed 4", "00:05:00 fired 1"]),
        ("'one', null, 5000", ["00:01:00-00:05:00 missed 5"]),
        ("'all', 2, null", ["00:01:00-00:03:00 missed 3", "00:04:00 fired 1", "00:05:00 fired 1"]),
        ("'all', 9, 100000", ["00:01:00-00:03:00 missed 3", "00:04:00 fired 1", "00:05:00 fired 1"]),
    ])
    func `what nobody fired in time catches up as the schedule says`(
        catchUp: String,
        expected: [String]
    ) async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:05:10+00")
            try fixture.schedule("m", cron: "* * * * *", next: "2026-01-01 00:01:00+00", catchUp: catchUp)
            _ = fixture.start()
            try await soon { try !fixture.ledger().isEmpty }
            #expect(try fixture.ledger() == expected)
            let planned = "select metadata ->> 'planned_at' from tusk.job order by id desc limit 1"
            let last = try fixture.database.texts(planned)
            #expect(last == (expected.last?.contains("fired") == true ? ["2026-01-01T00:05:00.000000Z"] : []))
        }
    }

    @Test func `a pause is one row, and nothing fires from its acknowledgement to the resumption`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try fixture.freezeScheduleClock(at: "2026-01-01 00:00:30+00")
            try fixture.schedule("m", cron: "* * * * *", next: "2026-01-01 00:01:00+00")
            #expect(try session.pause(schedule: "m", by: "anna", reason: "moving house"))
            #expect(try session.pause(schedule: "m", by: "bert", reason: nil))
            let pause = try #require(try session.schedule("m")?.pause)
            #expect(pause.by == "anna" && pause.reason == "moving house")
            let scheduler = fixture.start()
            for minute in 1...3 {
                try fixture.setScheduleClock(to: "2026-01-01 00:0\(minute):00+00")
                try await soon { try fixture.ledger().first?.hasSuffix("paused \(minute)") == true }
            }
            scheduler.stop()
            // Resumed while no scheduler is there: 00:04 passed before.
            try fixture.setScheduleClock(to: "2026-01-01 00:04:30+00")
            #expect(try session.resume(schedule: "m", by: "test"))
            #expect(try session.schedule("m")?.pause == nil)
            try fixture.setScheduleClock(to: "2026-01-01 00:05:00+00")
            _ = fixture.start("second")
            try await soon { try fixture.ledger() == ["00:01:00-00:04:00 paused 4", "00:05:00 fired 1"] }
            #expect(try !session.pause(schedule: "none", by: "anna", reason: nil))
            #expect(try !session.resume(schedule: "none", by: "test"))
        }
    }

    @Test func `a plan that was made before a pause fires nothing after it`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try fixture.freezeScheduleClock(at: "2026-01-01 00:01:00+00")
            try fixture.schedule("m", cron: "* * * * *", next: "2026-01-01 00:01:00+00")
            let due = try #require(try session.dueSchedules().first)
            #expect(try session.pause(schedule: "m", by: "anna", reason: nil))
            let plan = TickPlanner.plan(due, try CronExpression(due.cron), in: .utc)
            #expect(plan.firing.count == 1)
            #expect(try session.fire([TickOrder(schedule: due, plan: plan, job: .test())]).isEmpty)
            #expect(try fixture.database.number("select count(*) from tusk.job") == 0)
        }
    }

    /// The clock of the database was set back after ticks had fired, and an operator set the schedule back with it.
    @Test func `a planned time that has an outcome is not fired again`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:05:00+00")
            try fixture.schedule("m", cron: "* * * * *", next: "2026-01-01 00:03:00+00")
            _ = fixture.start()
            try await soon { try fixture.ledger() == ["00:03:00-00:04:00 missed 2", "00:05:00 fired 1"] }
            try fixture.database.script(
                "update tusk.schedule set next_tick_at = '2026-01-01 00:04:00+00', due_at = '-infinity', "
                    + "catch_up = 'all', catch_up_max = 9"
            )
            try fixture.setScheduleClock(to: "2026-01-01 00:06:00+00")
            try await soon { try fixture.ledger().last == "00:06:00 fired 1" }
            #expect(try fixture.ledger().count == 3)
            #expect(try fixture.database.number("select count(*) from tusk.job") == 2)
        }
    }

    @Test func `the table refuses a second outcome of a planned time`() async throws {
        try await withDatabase(.migrated) { database in
            let row =
                "insert into tusk.tick (schedule, planned_at, planned_until, recorded_at, outcome) "
                + "values ('m', '2026-01-01 00:01:00+00', '2026-01-01 00:01:00+00', now(), 'fired')"
            try database.script(row)
            let error = #expect(throws: PostgresError.self) { try database.script(row) }
            #expect("\(String(describing: error))".contains("tick_pkey"))
        }
    }

    @Test func `thousands of schedules that are due at once all fire`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:01:00+00")
            try fixture.database.script(
                """
                insert into tusk.schedule (name, cron, time_zone, job, next_tick_at)
                select 's' || number, '* * * * *', 'UTC', '{"kind": "a"}', '2026-01-01 00:01:00+00'
                from generate_series(1, 2500) as number
                """
            )
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.tick") == 2500 }
            #expect(try fixture.database.number("select count(*) from tusk.ready") == 2500)
            #expect(try fixture.database.number("select count(distinct job_id) from tusk.tick") == 2500)
        }
    }

    /// 40 schedules of 1,000 ticks and 60 KiB each would be 2.4 GB in one transaction.
    @Test func `what fires together is bounded in jobs and bytes`() throws {
        let text = "\"" + String(repeating: "x", count: 60_000) + "\""
        let heavy = try NewJob(kind: "a", args: JSONText(validating: Array(text.utf8), limits: .args))
        func order(_ count: Int, _ job: NewJob) -> TickOrder {
            let moment = Timestamp(microseconds: 0)
            let schedule = DueSchedule(
                name: "m",
                cron: "* * * * *",
                timeZone: "UTC",
                job: job.json,
                jitter: .zero,
                overlap: .allow,
                catchUp: .one(window: nil),
                nextTickAt: moment,
                isPaused: false,
                pausedUntil: nil,
                updatedAt: moment,
                revision: 1,
                moment: moment
            )
            let firing = (0..<count).map { Timestamp(microseconds: Int64($0)) }
            return TickOrder(schedule: schedule, plan: TickPlan(runs: [], firing: firing, next: nil), job: job)
        }
        #expect(TickOrder.batches([]).isEmpty)
        let light = try NewJob.test()
        #expect(TickOrder.batches(Array(repeating: order(1, light), count: 200)).map(\.count) == [200])
        #expect(TickOrder.batches(Array(repeating: order(499, light), count: 5)).map(\.count) == [2, 2, 1])
        #expect(TickOrder.batches(Array(repeating: order(99, heavy), count: 5)).map(\.count) == [2, 2, 1])
        #expect(TickOrder.batches(Array(repeating: order(1000, heavy), count: 2)).map(\.count) == [1, 1])
    }

    @Test func `args of many ticks that catch up go in several statements`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 05:00:00+00")
            let args = String(repeating: "x", count: 60_000)
            try fixture.schedule(
                "m",
                cron: "* * * * *",
                job: #"{"kind": "a", "args": "\#(args)"}"#,
                next: "2026-01-01 00:01:00+00",
                catchUp: "'all', 1000, null"
            )
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.tick") == 300 }
            #expect(try fixture.database.number("select count(distinct job_id) from tusk.tick") == 300)
            #expect(try fixture.database.number("select count(*) from tusk.ready where args_bytes = 60002") == 300)
        }
    }

    @Test func `one that cannot be fired does not keep the others of its round from it`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:01:00+00")
            try fixture.database.script("alter table tusk.job add constraint no_poison check (kind <> 'poison')")
            try fixture.schedule("a", cron: "* * * * *", next: "2026-01-01 00:01:00+00")
            try fixture.schedule("b", cron: "* * * * *", job: #"{"kind": "poison"}"#, next: "2026-01-01 00:01:00+00")
            try fixture.schedule("c", cron: "* * * * *", next: "2026-01-01 00:01:00+00")
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.tick") == 2 }
            let fault = "select fault from tusk.schedule where fault is not null"
            try await soon { try fixture.database.texts(fault).first?.contains("no_poison") == true }
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

@Suite struct TickerTests {
    @Test func `one job a tick, although at each of ten ticks a scheduler is killed`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:00:30+00")
            try fixture.schedule("minutely", cron: "* * * * *", next: "2026-01-01 00:01:00+00")
            var fleet = (1...3).map { (name: "s\($0)", scheduler: fixture.start("s\($0)")) }
            try await soon { fleet.count(where: \.scheduler.isLeader) == 1 }
            for tick in 1...10 {
                let minute = tick < 10 ? "0\(tick)" : "\(tick)"
                try fixture.setScheduleClock(to: "2026-01-01 00:\(minute):00+00")
                let place = fleet.firstIndex(where: \.scheduler.isLeader) ?? 0
                let victim = fleet.remove(at: place)
                try fixture.kill(victim.scheduler, victim.name)
                let name = "s\(tick + 3)"
                fleet.append((name, fixture.start(name)))
                try await soon { try fixture.database.number("select count(*) from tusk.tick") == tick }
            }
            #expect(try fixture.database.number("select count(*) from tusk.job") == 10)
            #expect(try fixture.database.number("select count(*) from tusk.ready where kind = 'report'") == 10)
            #expect(try fixture.database.number("select count(distinct job_id) from tusk.tick") == 10)
            #expect(try fixture.database.number("select count(*) from tusk.tick where outcome <> 'fired'") == 0)
            try await soon { fixture.wokenQueues.contains("default") }
        }
    }

    @Test func `planned times nobody was there for are recorded as missed, and the last one fires`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 03:10:00+00")
            try fixture.schedule("quarterly", cron: "*/15 * * * *", next: "2026-01-01 01:00:00+00")
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.tick where job_id > 0") == 1 }
            #expect(try fixture.ledger() == ["01:00:00-02:45:00 missed 8", "03:00:00 fired 1"])
            #expect(try fixture.database.number("select count(*) from tusk.job") == 1)
            let next = "select next_tick_at at time zone 'UTC' || '' from tusk.schedule"
            #expect(try fixture.database.texts(next) == ["2026-01-01 03:15:00"])
            #expect(fixture.logged("schedule missed planned times") == 1)
        }
    }

    @Test func `five schedulers that all work fire each tick once`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:30:00+00")
            for number in 1...20 {
                try fixture.schedule("s\(number)", cron: "*/10 * * * *", next: "2026-01-01 00:00:00+00")
            }
            try fixture.breakElections()
            let schedulers = (1...5).map { fixture.start("scheduler-\($0)") }
            try await soon { try fixture.database.number("select count(*) from tusk.tick") == 20 * 2 }
            #expect(schedulers.allSatisfy { !$0.isLeader })
            #expect(try fixture.database.number("select count(*) from tusk.job") == 20)
            #expect(try fixture.database.number("select count(*) from tusk.tick where outcome = 'fired'") == 20)
        }
    }

    @Test(arguments: [
        (#"0 0 31 4 *"#, "UTC", #"{"kind": "a"}"#, "cron"),
        (#"* * * * *"#, "Europe/Atlantis", #"{"kind": "a"}"#, "time_zone"),
        (#"* * * * *"#, "UTC", #"{"kind": "not a kind"}"#, "kind"),
    ])
    func `a schedule that cannot be understood is logged once, and the others go on`(
        cron: String,
        zone: String,
        job: String,
        word: String
    ) async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:00:30+00")
            try fixture.schedule("bad", cron: cron, zone: zone, job: job, next: "2026-01-01 00:00:00+00")
            try fixture.schedule("good", cron: "* * * * *", next: "2026-01-01 00:00:00+00")
            _ = fixture.start()
            let fired = "select count(*) from tusk.tick where schedule = 'good'"
            try await soon { try fixture.database.number(fired) == 1 }
            try fixture.setScheduleClock(to: "2026-01-01 00:01:00+00")
            try await soon { try fixture.database.number(fired) == 2 }
            #expect(try fixture.database.number("select count(*) from tusk.tick where schedule = 'bad'") == 0)
            #expect(fixture.logged("schedule cannot fire") == 1)
            let fault = "select fault from tusk.schedule where name = 'bad'"
            #expect(try fixture.database.texts(fault).first?.contains(word) == true)
            #expect(fixture.logged(word) >= 1)
        }
    }

    @Test func `a schedule put in SQL fires from then on, and one with a fault says so until it is put right`()
        async throws
    {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:00:30+00")
            let put = "select tusk.put_schedule"
            try fixture.database.script("\(put)('good', '@every 1m', '{\"kind\": \"a\"}')")
            try fixture.database.script("\(put)('bad', '0 0 30 2 *', '{\"kind\": \"a\"}')")
            // Nobody looks for two minutes.
            try fixture.setScheduleClock(to: "2026-01-01 00:02:30+00")
            _ = fixture.start()
            try await soon { try fixture.ledger() == ["00:01:00 missed 1", "00:02:00 fired 1"] }
            let fault = "select coalesce(fault, '') from tusk.schedule where name = 'bad'"
            try await soon { try fixture.database.texts(fault).first?.hasPrefix("cron: day of month") == true }
            try fixture.database.script("\(put)('bad', '* * * * *', '{\"kind\": \"a\"}')")
            #expect(try fixture.database.texts(fault) == [""])
            try fixture.setScheduleClock(to: "2026-01-01 00:03:00+00")
            let fired = "select count(*) from tusk.tick where schedule = 'bad' and outcome = 'fired'"
            try await soon { try fixture.database.number(fired) == 1 }
        }
    }

    @Test func `jitter puts a tick off, by as much as the preview says`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:00:00+00")
            let session = try fixture.database.storeSession()
            defer { session.close() }
            let text = #"{"cron": "0 * * * *", "jitter_seconds": 1800, "job": {"kind": "a"}}"#
            let document = try JSONDocument(validating: Array(text.utf8), limits: .body)
            #expect(try session.put(NewSchedule(name: "hourly", json: document.root), by: "test") == .created)
            let stored = try #require(try session.schedule("hourly"))
            let tick = try #require(
                try SchedulePreview(stored).ticks(after: session.scheduleMoment(), count: 1).first
            )
            #expect(tick.dueAt > tick.plannedAt)
            _ = fixture.start()
            try fixture.setScheduleClock(to: Timestamp(microseconds: tick.dueAt.microseconds - 1).rfc3339Text)
            try await soon { try session.nextTickIn().time == .zero }
            #expect(try fixture.ledger().isEmpty)
            try fixture.setScheduleClock(to: tick.dueAt.rfc3339Text)
            try await soon { try fixture.ledger() == ["01:00:00 fired 1"] }
        }
    }

    @Test func `the job has what the schedule says`() async throws {
        try await withScheduler { fixture in
            let text = #"{"kind": "report", "args": {"a": [1]}, "queue": "slow", "priority": 2, "max_attempts": 3}"#
            try fixture.freezeScheduleClock(at: "2026-03-29 01:00:00+00")
            // 2026-03-29 03:00 in Rome is 01:00 UTC: the moment at which 02:30 is skipped.
            let next = "2026-03-29 01:00:00+00"
            try fixture.schedule("rome", cron: "30 2 * * *", zone: "Europe/Rome", job: text, next: next)
            let session = try fixture.database.storeSession()
            defer { session.close() }
            _ = fixture.start()
            try await soon { try session.ticks(of: "rome", limit: 10).count == 1 }
            let id = try #require(try session.ticks(of: "rome", limit: 10).first?.job)
            let job = try #require(try session.job(id))
            #expect(job.kind == "report")
            #expect(job.queue == "slow")
            #expect(job.maxAttempts == 3)
            let stored = "select next_tick_at at time zone 'UTC' || '' from tusk.schedule"
            #expect(try fixture.database.texts(stored) == ["2026-03-30 00:30:00"])
            try await soon { fixture.wokenQueues == ["slow"] }
        }
    }
}

import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// A schedule that fires every minute, with three schedulers of which one is killed at each tick. Time is driven: the
/// function that ticks are compared with is replaced in the test's database.
@Suite struct TickTests {
    private static let tickCount = 10

    @Test func `each of ten ticks yields exactly one job, though a scheduler is killed at each`() async throws {
        try await withDatabase(.migrated) { database in
            try database.script(
                """
                create table public.test_clock (moment timestamptz not null);
                insert into public.test_clock values ('2030-03-01 12:00:30+00');
                create or replace function tusk.schedule_clock() returns timestamptz language sql stable
                as 'select moment from public.test_clock'
                """
            )
            let run = try HistoryRun(database)
            let session = try database.storeSession()
            defer { session.close() }
            let text = #"{"cron": "* * * * *", "time_zone": "Europe/Rome", "job": {"kind": "tick"}}"#
            let document = try JSONDocument(validating: Array(text.utf8), limits: .body)
            #expect(try session.put(NewSchedule(name: "minutely", json: document.root), by: "test") == .created)
            for _ in 0..<3 { try run.startScheduler() }
            try await eventually(within: .seconds(20), "a leader") { try session.fleet().leader != nil }
            for tick in 1...Self.tickCount {
                try database.script("update public.test_clock set moment = moment + interval '1 minute'")
                try run.kill(try Self.victim(run, database, isLeader: !tick.isMultiple(of: 2)))
                let planned = try Self.planned(tick)
                try await eventually(within: .seconds(20), "the outcome of tick \(tick)") {
                    try session.ticks(of: "minutely", limit: 20).contains { $0.plannedAt == planned }
                }
                try run.startScheduler()
            }
            let ticks = try session.ticks(of: "minutely", limit: 100)
            #expect(ticks.map(\.plannedAt) == (1...Self.tickCount).reversed().map { try? Self.planned($0) })
            #expect(ticks.allSatisfy { $0.outcome == "fired" })
            #expect(Set(ticks.compactMap(\.job)).count == Self.tickCount)
            #expect(try database.number("select count(*) from tusk.jobs where kind = 'tick'") == Int64(Self.tickCount))
        }
    }

    /// 12:01:00 is the first.
    private static func planned(_ tick: Int) throws -> Timestamp {
        // 2030-03-01T12:00:00Z.
        Timestamp(microseconds: (1_898_596_800 + Int64(tick) * 60) * 1_000_000)
    }

    /// The leader's process, or one that does not lead.
    private static func victim(_ run: HistoryRun, _ database: TestDatabase, isLeader: Bool) throws -> ServiceProcess {
        let leader = try database.texts(
            """
            select scheduler.pid::text from tusk.scheduler as scheduler
            inner join tusk.leader as leader on leader.holder = scheduler.id
            """
        )
        let matching = run.schedulers.filter { leader.contains(String($0.processID)) == isLeader }
        return try #require(matching.first ?? run.schedulers.first)
    }
}

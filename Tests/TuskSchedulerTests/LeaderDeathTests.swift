import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

/// Leaders that die at the moment of a tick.
@Suite struct LeaderDeathTests {
    private static let tickCount = 60

    /// Three schedules of different policies; at each tick all sessions of one scheduler are ended, now the leader's,
    /// now another's, some before its transaction, some within it, some after it.
    @Test func `no tick is lost or doubled though a scheduler's sessions are ended at each of sixty`() async throws {
        try await withScheduler { fixture in
            try fixture.freezeScheduleClock(at: "2026-01-01 00:00:30+00")
            for overlap in ["allow", "skip", "cancel_previous"] {
                let next = "2026-01-01 00:01:00+00"
                try fixture.schedule(
                    overlap,
                    cron: "* * * * *",
                    next: next,
                    overlap: overlap,
                    catchUp: "'all', 99, null"
                )
            }
            let fleet = (1...3).map { (name: "s\($0)", scheduler: fixture.start("s\($0)")) }
            try await soon { fleet.count(where: \.scheduler.isLeader) == 1 }
            for tick in 1...Self.tickCount {
                let hour = tick < 60 ? "00:" + (tick < 10 ? "0\(tick)" : "\(tick)") : "01:00"
                try fixture.setScheduleClock(to: "2026-01-01 \(hour):00+00")
                let victim = fleet.first { $0.scheduler.isLeader == !tick.isMultiple(of: 5) } ?? fleet[tick % 3]
                try fixture.endSessions(of: victim.name, after: Double(tick % 12) / 1000)
                let recorded = "select coalesce(sum(ticks), 0)::bigint from tusk.tick"
                try await soon { try fixture.database.number(recorded) == Int64(tick * 3) }
            }
            let once =
                "select count(*) from (select from tusk.tick group by schedule, planned_at having count(*) > 1) as t"
            #expect(try fixture.database.number(once) == 0)
            let fired = "select count(*) from tusk.tick where outcome = 'fired' and schedule ="
            #expect(try fixture.database.number("\(fired) 'allow'") == Int64(Self.tickCount))
            #expect(try fixture.database.number("\(fired) 'cancel_previous'") == Int64(Self.tickCount))
            // The job of its first tick waits for a worker that never comes.
            #expect(try fixture.database.number("\(fired) 'skip'") == 1)
            #expect(try fixture.database.number("select count(*) from tusk.job") == Int64(Self.tickCount * 2 + 1))
            #expect(try fixture.database.number("select count(distinct job_id) from tusk.tick") == 121)
            let waiting = "select count(*) from tusk.ready"
            #expect(try fixture.database.number(waiting) == Int64(Self.tickCount + 2))
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

/// Operations on many jobs, as a scheduler carries them out.
@Suite struct ReplayerTests {
    @Test func `a scheduler retries batch after batch, wakes workers and tells how it ended`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try fixture.database.script(
                """
                insert into tusk.outcome (attempt, state, id, lease, started_at, finished_at, reason, error)
                select 1, 'discarded', tusk.enqueue('report'), 7, now(), now(), 'attempts', 'a'
                from generate_series(1, 450);
                delete from tusk.ready
                """
            )
            let wish = NewOperation(.retry, FailureFilter(kind: "report"), reason: "it is back")
            let made = try #require(try session.create(wish, matched: 450, by: "anna"))
            _ = fixture.start()
            try await soon { try session.operation(made.id)?.state == .completed }
            #expect(try session.operation(made.id)?.done == 450)
            #expect(try fixture.database.number("select count(*) from tusk.ready") == 450)
            try await soon { fixture.logged("operation ended") == 1 }
            #expect(fixture.wokenQueues.filter { $0 == "default" }.count >= 3)
        }
    }

    @Test func `a rate is kept over many rounds`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try fixture.database.script(
                """
                insert into tusk.outcome (attempt, state, id, lease, started_at, finished_at, reason, error)
                select 1, 'discarded', tusk.enqueue('report'), 7, now(), now(), 'attempts', 'a'
                from generate_series(1, 100);
                delete from tusk.ready
                """
            )
            let wish = NewOperation(.retry, FailureFilter(kind: "report"), perSecond: 40)
            let made = try #require(try session.create(wish, matched: 100, by: "anna"))
            _ = fixture.start()
            try await soon { try session.operation(made.id)?.state == .completed }
            let took = try fixture.database.number(
                "select extract(epoch from ended_at - created_at) * 1000 from tusk.operation"
            )
            // The first 10 need no wait, and a second may be made up for: 90 / 40 - 1 seconds at least.
            #expect(took >= 1250)
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

@Suite struct PromotionTests {
    @Test func `due jobs become available in the order in which they are due`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            let delays = [700, 100, 400, 0, 300, 600, 200, 500]
            let jobs = try delays.map { try NewJob.test(runAt: .after(.milliseconds($0 + 1))) }
            _ = try session.enqueue(jobs)
            _ = fixture.start()
            try await soon { try fixture.database.number("select count(*) from tusk.ready") == jobs.count }
            let order =
                "select (rank() over (order by job.id) - 1)::text from tusk.ready as ready "
                + "join tusk.job as job on job.id = ready.id order by ready.rank"
            #expect(try fixture.database.texts(order) == ["3", "1", "6", "4", "2", "7", "5", "0"])
            #expect(Set(fixture.wokenQueues) == ["default"])
        }
    }

    @Test func `a job becomes available when it is due, not when somebody happens to look`() async throws {
        try await withScheduler { fixture in
            var configuration = SchedulerFixture.quick
            configuration.promoteInterval = .seconds(60)
            configuration.promoteIdleInterval = .seconds(60)
            let session = try fixture.database.storeSession()
            defer { session.close() }
            let job = try #require(try session.enqueue([.test(runAt: .after(.milliseconds(800)))]).first)
            let due = try #require(job.runAt)
            _ = fixture.start("scheduler", configuration)
            try await soon { try fixture.database.number("select count(*) from tusk.ready") == 1 }
            let late = "select extract(epoch from clock_timestamp() - '\(due.rfc3339Text)') * 1000"
            #expect(try (0...700).contains(fixture.database.number(late)))
        }
    }

    @Test func `five schedulers that all work promote each job once`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            for _ in 0..<4 {
                _ = try session.enqueue((0..<3000).map { _ in try NewJob.test(runAt: .after(.milliseconds(500))) })
            }
            try fixture.breakElections()
            let schedulers = (1...5).map { fixture.start("scheduler-\($0)") }
            try await eventually(within: .seconds(20)) {
                try fixture.database.number("select count(*) from tusk.scheduled") == 0
            }
            #expect(schedulers.allSatisfy { !$0.isLeader })
            #expect(try fixture.database.number("select count(*) from tusk.ready") == 12_000)
            #expect(try fixture.database.number("select count(distinct id) from tusk.ready") == 12_000)
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

@Suite struct LeadershipTests {
    @Test func `of five schedulers one leads, and all are known`() async throws {
        try await withScheduler { fixture in
            let schedulers = (1...5).map { fixture.start("scheduler-\($0)") }
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try await soon {
                try session.fleet().schedulers == 5 && schedulers.count(where: \.isLeader) == 1
            }
            let leader = try #require(try session.fleet().leader)
            #expect(schedulers.first(where: \.isLeader)?.id == leader)
        }
    }

    @Test func `a leader that vanishes is replaced within twice the time of its leadership`() async throws {
        try await withScheduler { fixture in
            var configuration = SchedulerFixture.quick
            configuration.leaderTime = .seconds(2)
            let first = fixture.start("first", configuration)
            try await soon { first.isLeader }
            let second = fixture.start("second", configuration)
            try fixture.kill(first, "first")
            let start = ContinuousClock.now
            try await soon { second.isLeader }
            #expect(ContinuousClock.now - start < configuration.leaderTime * 2)
            // Nobody has told the database that the first one is gone.
            #expect(try fixture.database.number("select count(*) from tusk.scheduler") == 2)
        }
    }

    @Test func `nobody leads a restored database before an operator has spoken`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            #expect(try session.restoredAt() == nil)
            try fixture.database.script("update tusk.identity set database_oid = 0")
            let scheduler = fixture.start("first")
            try await soon { fixture.logged("tusk resume --restored") == 1 }
            #expect(try session.fleet().leader == nil && !scheduler.isLeader)
            #expect(try session.resumeRestored(.run, by: "anna"))
            try await soon { scheduler.isLeader }
            #expect(fixture.logged("tusk resume --restored") == 1, "it is said once")
        }
    }

    @Test func `a leader that stops hands over at once and is forgotten`() async throws {
        try await withScheduler { fixture in
            var configuration = SchedulerFixture.quick
            configuration.leaderTime = .seconds(60)
            let first = fixture.start("first", configuration)
            try await soon { first.isLeader }
            let second = fixture.start("second", configuration)
            #expect(first.stop())
            try await soon { second.isLeader }
            #expect(try fixture.database.number("select count(*) from tusk.scheduler") == 1)
            #expect(fixture.logged("leads now") == 2)
        }
    }

    @Test func `only the leader works`() async throws {
        try await withScheduler { fixture in
            var configuration = SchedulerFixture.quick
            configuration.leaderTime = .seconds(20)
            let first = fixture.start("first", configuration)
            try await soon { first.isLeader }
            let second = fixture.start("second", configuration)
            let session = try fixture.database.storeSession()
            defer { session.close() }
            try await soon { try session.fleet().schedulers == 2 }
            let names = """
                select application_name from pg_stat_activity
                where application_name like 'second/%' and datname = current_database()
                """
            #expect(try fixture.database.texts(names) == ["second/elector"])
            #expect(!second.isLeader)
        }
    }

    @Test func `stopping is possible before the start, and any number of times`() async throws {
        try await withScheduler { fixture in
            let scheduler = fixture.scheduler()
            #expect(scheduler.stop())
            scheduler.start()
            #expect(scheduler.stop())
            let known = try fixture.database.number("select count(*) from tusk.scheduler")
            #expect(known == 0)
        }
    }
}

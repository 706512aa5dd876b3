import TestSupport
import Testing
import TuskCore
import TuskStore

@testable import TuskScheduler

@Suite struct RescueTests {
    private static let noop = [Kind("noop")].compactMap { $0 }

    private func register(_ session: StoreSession, leaseTime: Duration) throws -> WorkerID {
        let id = WorkerID.random()
        try session.register(
            WorkerRecord(
                id: id,
                processID: 1,
                host: "test",
                version: "test",
                slots: 10,
                leaseTime: leaseTime,
                queues: [.standard],
                kinds: Self.noop
            )
        )
        return id
    }

    private func claim(_ session: StoreSession, _ worker: WorkerID) throws -> [ClaimedJob] {
        let lane = Lane(queue: .standard, priority: .standard, cursor: 0)
        return try session.claim(ClaimRequest(worker: worker, lanes: [lane], kinds: Self.noop, jobsMax: 100)).jobs
    }

    @Test func `jobs of a worker that falls silent are available soon after its lease time`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            _ = try session.enqueue((0..<10).map { _ in try NewJob.test() })
            let dead = try register(session, leaseTime: .seconds(1))
            let live = try register(session, leaseTime: .seconds(60))
            #expect(try claim(session, dead).count == 10)
            let start = ContinuousClock.now
            var configuration = SchedulerConfiguration()
            configuration.leaderInterval = .milliseconds(100)
            _ = fixture.start("scheduler", configuration)
            try await eventually(within: .seconds(8)) {
                try fixture.database.number("select count(*) from tusk.ready where interruptions = 1") == 10
            }
            let time = ContinuousClock.now - start
            #expect(time > .milliseconds(900))
            #expect(time < .seconds(1 + 5))
            #expect(try session.beat(worker: live))
            #expect(fixture.logged("rescued the jobs of lost workers") == 1)
            try await soon { fixture.wokenQueues == ["default"] }
        }
    }

    @Test func `a job that takes three workers down with it while it is alone ends as discarded`() async throws {
        try await withScheduler { fixture in
            let session = try fixture.database.storeSession()
            defer { session.close() }
            let id = try #require(try session.enqueue([.test()]).first?.id)
            _ = fixture.start()
            let first = try register(session, leaseTime: .milliseconds(100))
            #expect(try claim(session, first).count == 1)
            for charge in 1...3 {
                let back = "select count(*) from tusk.ready where interruptions = \(charge)"
                try await soon { try fixture.database.number(back) == 1 }
                let worker = try register(session, leaseTime: .milliseconds(300))
                let job = try session.claimAlone(worker: worker, queues: [.standard], kinds: Self.noop)
                #expect(job?.id == id)
            }
            try await soon { try session.job(id)?.state == .discarded }
            #expect(try session.job(id)?.reason == "crash")
        }
    }
}

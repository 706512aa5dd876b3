import Testing
import TuskCore

/// A checker is worth what it finds: each rule is broken on purpose.
@Suite struct HistoryCheckerTests {
    private static func job(_ number: Int64) throws -> JobID { try #require(JobID(rawValue: number)) }
    private static func lease(_ number: Int64) throws -> LeaseNumber { try #require(LeaseNumber(rawValue: number)) }

    /// Job 1 failed under lease 10, was lost under 11, and completed under 12.
    private static func sound() throws -> History {
        let job = try job(1)
        return History(
            acknowledged: [job],
            existing: [job],
            executions: [
                History.Execution(job: job, lease: try lease(10), startedAt: 100, endedAt: 110),
                History.Execution(job: job, lease: try lease(11), startedAt: 200, endedAt: nil),
                History.Execution(job: job, lease: try lease(12), startedAt: 300, endedAt: 310),
            ],
            acceptances: [
                History.Acceptance(job: job, lease: 10, what: "failed", at: 120),
                History.Acceptance(job: job, lease: 11, what: "lost", at: 250),
                History.Acceptance(job: job, lease: 12, what: "completed", at: 320),
            ]
        )
    }

    private static func rules(_ change: (inout History) throws -> Void) throws -> Set<HistoryChecker.Rule> {
        var history = try sound()
        try change(&history)
        return Set(HistoryChecker.violations(in: history).map(\.rule))
    }

    @Test func `a sound history has no violation`() throws {
        #expect(try Self.rules { _ in }.isEmpty)
    }

    @Test func `each broken promise is found`() throws {
        let job = try Self.job(1)
        #expect(try Self.rules { $0.acceptances.removeLast() } == [.acknowledgedJobIsLost])
        #expect(try Self.rules { $0.existing.insert(try Self.job(2)) } == [.strangerExists])
        #expect(
            try Self.rules { $0.acceptances.append(.init(job: job, lease: 10, what: "completed", at: 330)) }
                == [.endedTwice, .leaseAcceptedTwice, .startedAfterItsEnd, .staleLeaseAccepted]
        )
        #expect(try Self.rules { $0.executions[2].endedAt = nil } == [.completedWithoutExecution])
        #expect(
            try Self.rules {
                $0.executions.append(.init(job: job, lease: try Self.lease(13), startedAt: 400, endedAt: 410))
            } == [.startedAfterItsEnd]
        )
        #expect(try Self.rules { $0.executions.append($0.executions[2]) } == [.leaseRanTwice])
        #expect(try Self.rules { $0.acceptances.append($0.acceptances[0]) } == [.leaseAcceptedTwice])
        #expect(
            try Self.rules { $0.acceptances[0] = .init(job: job, lease: 10, what: "failed", at: 220) }
                == [.staleLeaseAccepted]
        )
    }
}

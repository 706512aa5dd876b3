import TestSupport
import Testing
import TuskBench

/// What a job costs, against something measured in the same run, so that a later change cannot quietly lose more than a
/// fifth. Times by themselves mean nothing here: the build is not optimised and the machine is anybody's.
@Suite struct CostTests {
    @Test func `a job that is worked off writes no more WAL than it did`() async throws {
        try await Lane.run("cost") {
            let result = try BenchTests.bench(jobs: 20_000, rounds: 3).run(.drain)
            // Pages that are written for the first time after a checkpoint count in full, so the least counts.
            let own = try #require(Self.walBytesEach(result.tusk).min())
            let classic = try #require(Self.walBytesEach(result.classic).min())
            print("cost: \(own) bytes of WAL a job, the classic design \(classic), ratio \(own / classic)")
            #expect(own / classic < 0.72 * 1.2)
        }
    }

    private static func walBytesEach(_ runs: [Figures]) -> [Double] {
        runs.map { Double($0.walBytes) / Double(max(1, $0.jobs)) }
    }
}

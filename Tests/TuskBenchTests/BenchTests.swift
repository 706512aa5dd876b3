import TestSupport
import Testing
import TuskBench
import TuskCore
import TuskPostgres

/// Each workload runs, does what it says and leaves nothing behind.
@Suite struct BenchTests {
    @Test(arguments: Bench.Name.allCases)
    func `a workload measures Tusk and its references`(_ name: Bench.Name) async throws {
        try await Lane.run("bench") {
            let result = try Self.bench(jobs: 2000).run(name)
            let figures = try #require(Bench.Result.median(result.tusk))
            #expect(figures.jobs > 0 || name == .idle)
            #expect(figures.seconds > 0)
            let hasLatencies = [.latency, .http, .get, .enqueue, .backlog, .due].contains(name)
            #expect(figures.latencies.isEmpty == !hasLatencies)
            #expect(figures.latencies == figures.latencies.sorted())
            #expect((result.limitRatio == nil) == [.get, .idle, .due].contains(name))
            let hasClassic = [.enqueue, .drain, .sustained, .http, .bulk].contains(name)
            #expect((result.classicRatio == nil) == !hasClassic)
            var writer = JSONWriter(capacity: 1024)
            BenchReport.json(result, &writer)
            let object = try JSONDocument(validating: writer.bytes, limits: .args).root
            #expect(object.member("workload")?.string == name.rawValue)
            #expect(BenchReport.lines(result).first == name.rawValue)
        }
    }

    @Test func `the databases of a run are dropped`() async throws {
        try await Lane.run("bench") {
            let session = try Session(try Self.server())
            defer { session.close() }
            let count = Statement(
                name: "count",
                text: "select count(*) from pg_database where datname like 'tusk\\_bench\\_%'",
                isReadOnly: true
            )
            let before = try session.run(count).int8(0, 0)
            _ = try Self.bench(jobs: 1000).run(.enqueue)
            #expect(try session.run(count).int8(0, 0) == before)
        }
    }

    static func bench(jobs: Int, rounds: Int = 1) throws -> Bench {
        var plan = BenchPlan()
        plan.jobs = jobs
        plan.seconds = 1
        plan.connections = 8
        plan.rounds = rounds
        return Bench(on: try server(), plan) { _ in }
    }

    static func server() throws -> ConnectionSettings {
        ConnectionSettings(conninfo: try TestServer.named().connectionString, applicationName: "tusk-bench")
    }
}

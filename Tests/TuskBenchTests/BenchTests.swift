import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskBench

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
            #expect((object.member("tusk")?.member("enqueue_p99_ms") != nil) == (name == .backlog))
            #expect((object.member("ratio_unlimited") != nil) == (name == .limits))
            #expect((object.member("ratio_limit") != nil) == (result.limitRatio != nil && name != .limits))
            #expect(BenchReport.lines(result).first == name.rawValue)
        }
    }

    @Test(arguments: [2, 4])
    func `files are imported together, every row of them once`(_ files: Int) async throws {
        try await Lane.run("bench") {
            var plan = Self.plan(jobs: 2003)
            plan.files = files
            let result = try Bench(on: try Self.server(), plan) { _ in }.run(.import)
            #expect(result.tusk.map(\.jobs) == [2003] && result.limit.map(\.jobs) == [2003])
        }
    }

    @Test(arguments: [999, 1001])
    func `a wrong count of rows has no figures`(_ rows: Int) async throws {
        try await Lane.run("bench") {
            for loads in [ImportWorkload.imported, ImportWorkload.copied] {
                let database = try BenchDatabase(on: try Self.server())
                defer { database.drop() }
                let files = try ImportFiles(named: database.name, rows: rows, files: 2)
                defer { files.remove() }
                let workload = ImportWorkload(database: database, plan: Self.plan(jobs: 1000))
                #expect(throws: BenchFailure.self) { try loads(workload)(files) }
            }
        }
    }

    @Test(arguments: [0, 3])
    func `jobs count for as many limits as were asked for, and none waits`(_ limits: Int) async throws {
        try await Lane.run("bench") {
            var plan = Self.plan(jobs: 1000)
            plan.limits = limits
            let database = try BenchDatabase(on: try Self.server())
            defer { database.drop() }
            let figures = try LimitsWorkload(database: database, plan: plan).tusk()
            #expect(figures.jobs == 1000)
            let session = try database.session()
            defer { session.close() }
            let count = Statement(
                name: "count",
                text: "select count(*), min(coalesce(cardinality(limit_keys), 0)), "
                    + "max(coalesce(cardinality(limit_keys), 0)) from tusk.job",
                isReadOnly: true
            )
            let rows = try session.run(count)
            #expect(rows.int8(0, 0) == 1000)
            #expect(rows.int4(0, 1) == limits && rows.int4(0, 2) == limits)
            #expect(try session.limits().map(\.runningMax) == Array(repeating: 100_000, count: limits))
        }
    }

    @Test func `progress is a line of at most 79 columns`() {
        let progress = BenchProgress(name: .sustained, roundsDone: 1, part: .reference)
        #expect(
            progress.line(before: 3, of: 6, isColored: false)
                == "[####################..........] 4/6 rounds   sustained: reference"
        )
        #expect(
            progress.line(before: 2, of: 6, isColored: true)
                == "[\u{1B}[32m###############\u{1B}[0m...............] 3/6 rounds   sustained: reference"
        )
        #expect(progress.line(before: .max / 64, of: .max / 32, isColored: false).count == 79)
    }

    @Test func `every part of every round is told before it is measured`() async throws {
        try await Lane.run("bench") {
            let told = Mutex<[BenchProgress]>([])
            var plan = Self.plan(jobs: 1000)
            plan.rounds = 2
            _ = try Bench(on: try Self.server(), plan) { part in told.withLock { $0.append(part) } }.run(.enqueue)
            #expect(told.withLock { $0.map(\.roundsDone) } == [0, 0, 0, 1, 1, 1])
            #expect(told.withLock { $0.map(\.part) } == [.classic, .tusk, .reference, .classic, .tusk, .reference])
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
        var plan = plan(jobs: jobs)
        plan.rounds = rounds
        return Bench(on: try server(), plan) { _ in }
    }

    @Test func `at a rate as many jobs are enqueued and worked off, and their waits are told`() async throws {
        try await Lane.run("rate") {
            var plan = Self.plan(jobs: 100)
            plan.rate = 200
            let result = try Bench(on: try Self.server(), plan) { _ in }.run(.sustained)
            let figures = try #require(result.tusk.first)
            #expect((50...240).contains(figures.jobs))
            #expect(try #require(figures.latency(0.5)) > 0 && figures.latencies.count <= 240)
        }
    }

    static func plan(jobs: Int) -> BenchPlan {
        var plan = BenchPlan()
        plan.jobs = jobs
        plan.seconds = 1
        plan.connections = 8
        plan.rounds = 1
        return plan
    }

    static func server() throws -> ConnectionSettings {
        ConnectionSettings(conninfo: try TestServer.named().connectionString, applicationName: "tusk-bench")
    }
}

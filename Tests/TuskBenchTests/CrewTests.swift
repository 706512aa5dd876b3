import Foundation
import TestSupport
import Testing
import TuskPostgres
import TuskStore

@testable import TuskBench

/// Workers in processes of their own.
@Suite struct CrewTests {
    @Test(arguments: [Bench.Name.drain, .limits, .sustained])
    func `several processes do the work`(_ name: Bench.Name) async throws {
        try await Lane.run("crew") {
            let result = try Bench(on: try BenchTests.server(), try Self.plan()) { _ in }.run(name)
            let figures = try #require(result.tusk.first)
            #expect(name == .sustained ? figures.jobs > 0 : figures.jobs == 2000)
            #expect(Self.children().isEmpty)
        }
    }

    @Test func `they register as workers and their CPU time counts`() async throws {
        try await Self.withCrew { crew, session in
            #expect(crew.processes.count == 2)
            try crew.start()
            let workers = Statement(name: "w", text: "select count(*) from tusk.worker", isReadOnly: true)
            try await eventually("two workers") { try session.run(workers).int8(0, 0) == 2 }
            let without = try Meter(session)
            let with = try Meter(session, with: crew)
            #expect(with.ownCPU - without.ownCPU > 0.01)
        }
    }

    @Test func `a process that is gone fails the run instead of being waited for`() async throws {
        try await Self.withCrew { crew, _ in
            try crew.check()
            kill(try #require(crew.processes.last).processID, SIGKILL)
            let start = ContinuousClock.now
            #expect(throws: BenchFailure.self) { try crew.wait(for: Countdown(1), atMost: .seconds(600)) }
            #expect(start.duration(to: .now) < .seconds(60))
        }
    }

    @Test func `a program that is no worker process is an error`() async throws {
        try await Lane.run("crew") {
            var plan = try Self.plan()
            for command in [["/bin/true"], ["/nowhere/tusk"]] {
                plan.workerCommand = command
                let settings = try BenchTests.server()
                #expect(throws: BenchFailure.self) { try WorkerProcess(plan, settings) { _ in } }
            }
            #expect(Self.children().isEmpty)
        }
    }

    @Test func `what a process is told is read as it was meant`() throws {
        var settings = ConnectionSettings(conninfo: try ConnectionString("host=a dbname='it\\'s \"x\"'"))
        settings.connectTimeout = .milliseconds(1500)
        settings.callTimeout = .seconds(77)
        settings.settingsScope = .transaction
        let read = try #require(BenchWorkerProcess.settings(BenchWorkerProcess.order(settings)))
        #expect(read.conninfo == settings.conninfo && read.settingsScope == .transaction)
        #expect(read.connectTimeout == .milliseconds(1500) && read.callTimeout == .seconds(77))
        #expect(BenchWorkerProcess.settings(Array("G".utf8)) == nil)
    }

    private static func withCrew(_ body: @Sendable (Crew, StoreSession) async throws -> Void) async throws {
        try await Lane.run("crew") {
            let database = try BenchDatabase(on: try BenchTests.server())
            defer { database.drop() }
            let session = try database.session()
            defer { session.close() }
            let crew = try Crew(database, try plan()) { _ in }
            defer { crew.stop() }
            try await body(crew, session)
        }
    }

    private static func plan() throws -> BenchPlan {
        var plan = BenchTests.plan(jobs: 2000)
        plan.processes = 2
        // The program beside the tests.
        let argument = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let folder = URL(filePath: argument).deletingLastPathComponent()
        plan.workerCommand = [folder.appending(path: "tusk").path, BenchWorkerProcess.word]
        return plan
    }

    /// Worker processes of these tests, also those that have ended and were not waited for.
    private static func children() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { number in
            let stat = FileManager.default.contents(atPath: "/proc/\(number)/stat") ?? Data()
            // The number, the name in parentheses, the state and the parent: proc(5).
            let fields = String(decoding: stat, as: UTF8.self).split(separator: " ")
            return fields.count > 3 && fields[1] == "(tusk)" && fields[3] == "\(getpid())"
        }
    }
}

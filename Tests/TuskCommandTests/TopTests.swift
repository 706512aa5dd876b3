import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskCommand

/// `tusk top`: its frames, its keys, and the program in a terminal.
struct TopTests {
    /// A database with jobs that wait in two queues and one that runs.
    private func withJobs(_ body: @Sendable (TestDatabase, [String: String]) async throws -> Void) async throws {
        try await withDatabase(.migrated) { database in
            let session = try database.storeSession()
            defer { session.close() }
            let worker = WorkerID.random()
            try session.register(
                WorkerRecord(
                    id: worker,
                    processID: 4711,
                    host: "mill",
                    version: "test",
                    slots: 4,
                    leaseTime: .seconds(60),
                    queues: [.standard],
                    kinds: ["noop"]
                )
            )
            try database.script(
                """
                select tusk.enqueue('noop') from generate_series(1, 3);
                select tusk.enqueue('letter', queue => 'mail') from generate_series(1, 7)
                """
            )
            let request = ClaimRequest(
                worker: worker,
                lanes: [Lane(queue: .standard, priority: .standard, cursor: 0)],
                kinds: ["noop"],
                kindsLeasedApart: [],
                jobsMax: 1,
                argsBytesMax: 1 << 20
            )
            _ = try session.claim(request)
            var tally = QueueTally()
            for _ in 0..<60 { tally.settled(.complete) }
            tally.claimed(after: .seconds(1))
            try session.note([.standard: tally])
            let environment = [
                "TUSK_DATABASE_URL": database.connectionString.textWithPassword, "TERM": "xterm",
                "PATH": "/usr/bin:/bin",
            ]
            try await body(database, environment)
        }
    }

    @Test func `without a terminal it shows one frame and ends`() async throws {
        try await withJobs { _, environment in
            let shown = try await TuskProcess.run(["top"], environment: environment)
            #expect(shown.status == 0 && !shown.output.contains("\u{1B}"), "\(shown)")
            let lines = shown.output.split(separator: "\n").map(String.init)
            #expect(lines[0].contains("1 worker, no scheduler leads"), "\(lines[0])")
            #expect(lines[1].hasPrefix("9 waiting  1 running  4 slots"), "\(lines[1])")
            #expect(lines.contains { $0.hasPrefix("mail ") && $0.contains(" 7 ") }, "\(shown.output)")
            #expect(lines.contains { $0.contains("noop") && $0.contains("default") }, "\(shown.output)")
            #expect(lines.contains { $0.contains("mill") && $0.contains("4711") }, "\(shown.output)")
            let json = try await TuskProcess.run(["top", "-o", "json"], environment: environment).output
            #expect(json.contains(#""jobs":[{"id":"1024","kind":"noop","queue":"default""#), "\(json)")
            let rate = try #require(json.firstMatch(of: /"completed_per_minute":([0-9.]+)/).flatMap { Double($0.1) })
            #expect((30...60).contains(rate), "60 in one to two minutes: \(rate)")
        }
    }

    @Test func `in a terminal it draws, sorts, follows the size, and gives the terminal back`() async throws {
        try await withJobs { database, environment in
            let terminal = try PseudoTerminal(rows: 30, columns: 120)
            let before = terminal.settings
            try terminal.start(["top", "--interval", "200ms"], environment: environment)
            try await terminal.shows("p sort (waiting)")
            #expect(terminal.text.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
            #expect(terminal.settings != before, "keys come without Return")
            #expect(terminal.screen.count == 30 && terminal.screen.allSatisfy { $0.count <= 120 })
            terminal.type("p")
            try await terminal.shows("p sort (running)")
            terminal.type("\u{1B}[C")
            try await terminal.shows("scroll jobs")
            terminal.resize(rows: 12, columns: 60)
            try await eventually(within: .seconds(20), "a smaller screen") {
                terminal.screen.count == 12 && terminal.screen.allSatisfy { $0.count <= 60 }
            }
            terminal.resize(rows: 30, columns: 120)
            try database.script("select tusk.enqueue('noop', queue => 'brand-new')")
            try await terminal.shows("brand-new")
            terminal.type("q")
            #expect(try await terminal.end() == 0)
            #expect(terminal.text.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"), "\(terminal.text.suffix(100))")
            #expect(terminal.settings == before)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal ends it and gives the terminal back`(signal: Int32) async throws {
        try await withJobs { _, environment in
            let terminal = try PseudoTerminal(rows: 24, columns: 100)
            let before = terminal.settings
            try terminal.start(["top"], environment: environment)
            try await terminal.shows("q quit")
            terminal.send(signal)
            #expect(try await terminal.end() == ExitCode.interrupted.rawValue)
            #expect(terminal.text.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"), "\(terminal.text.suffix(100))")
            #expect(terminal.settings == before)
        }
    }

    @Test func `while the database is away it says so, keeps what it saw, and still ends at once`() async throws {
        try await withJobs { database, environment in
            let terminal = try PseudoTerminal(rows: 24, columns: 100)
            try terminal.start(["top", "--interval", "200ms"], environment: environment)
            try await terminal.shows("mail")
            try database.script("alter table tusk.ready rename to ready_away")
            try await terminal.shows("! the database refused")
            #expect(terminal.screen.contains { $0.contains("mail") })
            try database.script("alter table tusk.ready_away rename to ready")
            try await terminal.shows("waiting  1 running")
            terminal.type("q")
            #expect(try await terminal.end() == 0)
        }
    }

    @Test func `NO_COLOR and a dumb terminal are honoured`() async throws {
        try await withJobs { _, environment in
            let plain = try PseudoTerminal(rows: 24, columns: 100)
            try plain.start(["top"], environment: environment.merging(["NO_COLOR": "1"]) { $1 })
            try await plain.shows("q quit")
            #expect(!plain.text.contains("\u{1B}[32m") && !plain.text.contains("\u{1B}[2m"))
            plain.type("q")
            _ = try await plain.end()
            let dumb = try PseudoTerminal(rows: 24, columns: 100)
            try dumb.start(["top"], environment: environment.merging(["TERM": "dumb"]) { $1 })
            #expect(try await dumb.end() == 0)
            #expect(dumb.text.contains("QUEUE") && !dumb.text.contains("\u{1B}"))
        }
    }

    // MARK: Keys and frames

    @Test func `keys are read from what terminals send`() {
        #expect(TopState.keys(Array("pq".utf8)) == [.sort, .quit])
        #expect(TopState.keys(Array("\u{1B}[A\u{1B}[B\u{1B}OC\u{1B}OD".utf8)) == [.up, .down, .right, .left])
        #expect(TopState.keys(Array("\u{1B}[1;5A\u{1B}[15~x\u{1B}".utf8)) == [.up])
        var random = SeededRandom(seed: 4711)
        for _ in 0..<2000 {
            let count = Int.random(in: 0...20, using: &random)
            _ = TopState.keys((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test func `arrows stay within what there is`() {
        var state = TopState()
        for _ in 0..<5 { state.press(.down, counts: [3, 0, 0]) }
        #expect(state.offsets == [2, 0, 0])
        for _ in 0..<5 { state.press(.up, counts: [3, 0, 0]) }
        #expect(state.offsets == [0, 0, 0])
        state.press(.left, counts: [3, 0, 0])
        #expect(state.part == .workers)
        state.press(.down, counts: [3, 0, 0])
        #expect(state.offsets == [0, 0, 0])
        state.press(.right, counts: [3, 0, 0])
        #expect(state.part == .queues)
        for order in [TopState.Order.running, .done, .failed, .oldest, .name, .waiting] {
            state.press(.sort, counts: [3, 0, 0])
            #expect(state.order == order)
        }
    }

    @Test func `a frame fits into any terminal`() async throws {
        try await withJobs { database, _ in
            let session = try database.storeSession()
            defer { session.close() }
            let frame = TopFrame(snapshot: try TopSnapshot.read(session), state: TopState(), isColored: false)
            for rows in [1, 2, 5, 9, 10, 24, 200] {
                for columns in [1, 5, 20, 80, 300] {
                    let lines = frame.lines(TopFrame.Size(rows: rows, columns: columns))
                    #expect(lines.count == rows && lines.allSatisfy { $0.count <= columns }, "\(rows) x \(columns)")
                }
            }
        }
    }
}

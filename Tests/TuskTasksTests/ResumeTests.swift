import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres

@testable import TuskTasks

/// Imports that end on the way and go on.
@Suite struct ResumeTests {
    /// Told to stop at the given looks, once each.
    private final class Stops: Sendable {
        private let looks = Mutex(0)
        private let period: Int

        init(each period: Int) {
            self.period = period
        }

        func next() -> Bool {
            looks.withLock { looks in
                looks += 1
                return looks.isMultiple(of: period)
            }
        }
    }

    /// Rows, every hundredth of them bad in a way that we see, and every thousandth in a way only the server sees.
    private func makeFile(_ rows: Int) -> (bytes: [UInt8], bad: Int) {
        var text = "id,name,amount\n"
        var bad = 0
        for id in 1...rows {
            let note = String(repeating: "n", count: 400)
            switch id {
            case _ where id % 1000 == 7:
                text += "\(id),\(note),-1\n"
                bad += 1
            case _ where id % 100 == 3:
                text += "x,\(note),1\n"
                bad += 1
            default: text += "\(id),\"\(note)\n\",1\n"
            }
        }
        return (Array(text.utf8), bad)
    }

    private static let table = """
        create table public.t (id integer primary key, name text, amount integer check (amount > 0))
        """

    /// Goes on until the import is done; answers its totals and how many attempts it took.
    private func loadInParts(
        _ args: ImportArgs,
        _ fixture: ImportFixture
    ) throws -> (totals: ImportState.Totals, attempts: Int) {
        // Often enough to hit every phase, seldom enough for each attempt to finish a chunk or more.
        let stops = Stops(each: 9)
        for attempt in 1...100 {
            do {
                return (try fixture.load(args, chunkBytes: 1 << 20, shouldStop: stops.next), attempt)
            } catch TaskFailure.stopped {
                continue
            }
        }
        throw TaskFailure.refused("not done in a hundred attempts")
    }

    @Test(arguments: [ImportArgs.Mode.append, .upsert, .replace])
    func `an import that is stopped again and again brings in every row once`(mode: ImportArgs.Mode) async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            let file = makeFile(30_000)
            let name = try fixture.write(file.bytes)
            let key = mode == .upsert ? ["id"] : nil
            let args = ImportArgs(file: name, table: "t", mode: mode, key: key)
            let end = try loadInParts(args, fixture)
            #expect(end.attempts > 4)
            let good = 30_000 - file.bad
            #expect(end.totals == ImportState.Totals(rows: good, rejected: file.bad, bytes: file.bytes.count))
            #expect(try fixture.count() == Int64(good))
            #expect(try fixture.database.number("select count(distinct line) from public.t_rejects") == Int64(file.bad))
            #expect(try fixture.count("public.t_rejects") == Int64(file.bad))
            #expect(try fixture.database.number("select count(*) from pg_tables where tablename ~ 'tusk'") == 0)
        }
    }

    @Test func `a file that has changed since the attempt before is refused`() async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            var file = makeFile(20_000).bytes
            let name = try fixture.write(file)
            let stops = Stops(each: 12)
            #expect(throws: TaskFailure.stopped) {
                try fixture.load(ImportArgs(file: name, table: "t"), chunkBytes: 1 << 20, shouldStop: stops.next)
            }
            let before = try fixture.count()
            #expect(before > 0)
            file[500] = UInt8(ascii: "N")
            _ = try fixture.write(file)
            let failure = #expect(throws: TaskFailure.self) { try fixture.load(ImportArgs(file: name, table: "t")) }
            #expect(failure?.description.contains("the file has changed") == true)
            _ = try fixture.write(Array(file.prefix(100_000)))
            let shorter = #expect(throws: TaskFailure.self) { try fixture.load(ImportArgs(file: name, table: "t")) }
            #expect(shorter?.description.contains("the file has changed") == true)
            #expect(try fixture.count() == before)
        }
    }

    @Test func `an atomic import that is stopped leaves nothing`() async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            var args = ImportArgs(file: try fixture.write(makeFile(20_000).bytes), table: "t")
            args.atomic = true
            let stops = Stops(each: 12)
            #expect(throws: TaskFailure.stopped) {
                try fixture.load(args, chunkBytes: 1 << 20, shouldStop: stops.next)
            }
            #expect(fixture.cursor == nil)
            #expect(try fixture.count() == 0)
        }
    }

    @Test func `the cursor of another handler is refused`() async throws {
        try await withImports { fixture in
            try fixture.database.script(Self.table)
            fixture.cursor = JSONText(trusted: Array(#"{"page": 3}"#.utf8))
            let args = ImportArgs(file: try fixture.write("id\n1\n"), table: "t")
            #expect(throws: TaskFailure.refused("the cursor of the job is not one of an import")) {
                try fixture.load(args)
            }
        }
    }
}

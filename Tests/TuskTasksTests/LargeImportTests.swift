import Foundation
import TestSupport
import Testing

@testable import TuskTasks

@Suite(.serialized) struct LargeImportTests {
    /// The most bytes this process ever had in memory. Source: proc(5), /proc/pid/status, VmHWM in kB.
    private static func peakBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kilobytes = try #require(line.split { !$0.isNumber }.first.flatMap { Int($0) })
        return kilobytes << 10
    }

    private static func writeRows(_ count: Int, _ fixture: ImportFixture) throws -> (name: String, bytes: Int) {
        let path = "\(fixture.folder)/large.csv"
        try Data("id,name,moment,amount,note\n".utf8).write(to: URL(fileURLWithPath: path))
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        for start in stride(from: 0, to: count, by: 10_000) {
            var text = ""
            for id in start..<min(start + 10_000, count) {
                text += "\(id),\"name, \(id)\",2024-01-31 12:00:\(10 + id % 50),\(id).25,"
                text += "a note of some length that says nothing in particular\n"
            }
            try handle.write(contentsOf: Data(text.utf8))
        }
        let bytes = Int(try handle.offset())
        try handle.close()
        return ("large.csv", bytes)
    }

    @Test func `two hundred thousand rows need no more memory than ten thousand`() async {
        // In a process of its own: other tests need memory too.
        await #expect(processExitsWith: .success) {
            try await withImports { fixture in
                try fixture.database.script(
                    "create table public.t (id bigint, name text, moment timestamp, amount numeric, note text)"
                )
                let small = try Self.writeRows(10_000, fixture)
                try fixture.load(ImportArgs(file: small.name, table: "t"))
                let large = try Self.writeRows(200_000, fixture)
                let before = try Self.peakBytes()
                let totals = try fixture.load(ImportArgs(file: large.name, table: "t"))
                #expect(totals == ImportState.Totals(rows: 200_000, rejected: 0, bytes: large.bytes))
                #expect(try fixture.count() == 210_000)
                // The file has more than twice as much.
                #expect(large.bytes > 18 << 20)
                #expect(try Self.peakBytes() - before < 8 << 20)
                // The first is that of the small file.
                let reports = fixture.fractions.dropFirst()
                #expect(reports.count > 3)
                #expect(Array(reports) == reports.sorted())
                #expect(reports.last == 1)
            }
        }
    }

    @Test func `rows across the ends of buffers are whole`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (id integer, note text)")
            // Rows of 1 to 300 kB with line ends inside, over three buffers and a bit.
            var text = "id,note\n"
            var expected = 0
            var line = 2
            var badLine = 0
            for id in 0..<90 {
                let note = String(repeating: "n\u{E9}\"\"\n", count: 200 + id * 600)
                text += "\(id),\"\(note)\"\n"
                expected += 1
                line += 1 + 200 + id * 600
                if id == 80 {
                    text += "bad,row\n"
                    badLine = line
                    line += 1
                }
            }
            #expect(text.utf8.count > 3 * ImportReader.bufferBytes)
            let totals = try fixture.load(ImportArgs(file: try fixture.write(text), table: "t"))
            #expect(totals.rows == expected)
            #expect(totals.rejected == 1)
            let wrong = "select count(*) from public.t where length(note) <> 4 * (200 + id * 600)"
            #expect(try fixture.database.number(wrong) == 0)
            #expect(try fixture.database.number("select line from public.t_rejects") == Int64(badLine))
        }
    }

    @Test func `a line that is longer than the buffer is set aside, and the next row is loaded`() async throws {
        try await withImports { fixture in
            try fixture.database.script("create table public.t (id integer, note text)")
            let long = String(repeating: "x", count: 2 * ImportReader.bufferBytes)
            let name = try fixture.write("id,note\n1,a\n2,\(long)\n3,\"\(long)\"\n4,d\n")
            let totals = try fixture.load(ImportArgs(file: name, table: "t"))
            #expect(totals.rows == 2)
            let lines = "select line || ' ' || length(raw) from public.t_rejects order by t_rejects.line"
            #expect(try fixture.database.texts(lines) == ["3 65536", "4 65536"])
        }
    }
}

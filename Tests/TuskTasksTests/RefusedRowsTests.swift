import Testing
import TuskPostgres

@testable import TuskTasks

struct RefusedRowsTests {
    /// Plays the server: refuses any range with a bad row in it, and may name a line, rightly or wrongly.
    private func play(
        count: Int,
        bad: Set<Int>,
        hint: (Range<Int>) -> Int?
    ) -> (loaded: [Int], aside: [Int], tries: Int) {
        var refused = RefusedRows(count: count)
        var loaded: [Int] = []
        var aside: [Int] = []
        var tries = 0
        while let range = refused.next() {
            tries += 1
            if bad.isDisjoint(with: range) {
                loaded += range
            } else if refused.refused(range, line: hint(range)) {
                aside.append(range.lowerBound)
            }
        }
        return (loaded, aside, tries)
    }

    @Test(arguments: 1...30)
    func `every good row is loaded once and in order, every bad one set aside once`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<50 {
            let count = Int.random(in: 0...60, using: &random)
            let bad = Set((0..<count).filter { _ in Int.random(in: 0..<8, using: &random) == 0 })
            let good = (0..<count).filter { !bad.contains($0) }
            let right: (Range<Int>) -> Int? = { range in
                range.first(where: bad.contains).map { $0 - range.lowerBound + 1 }
            }
            var others = random
            let wrong: (Range<Int>) -> Int? = { _ in Int.random(in: -2...70, using: &others) }
            for hint in [right, wrong, { _ in nil }] {
                let end = play(count: count, bad: bad, hint: hint)
                #expect(end.loaded == good, "seed \(seed)")
                #expect(end.aside == bad.sorted(), "seed \(seed)")
            }
            #expect(play(count: count, bad: bad, hint: right).tries <= 3 * bad.count + 1)
        }
    }

    private func error(_ context: String?, sqlState: String = "22P02") -> ServerError {
        ServerError(sqlState: sqlState, message: "no", context: context)
    }

    @Test(arguments: [
        ("COPY airports, line 3, column latitude: \"abc\"", 3),
        ("COPY airports, Zeile 12", 12),
        ("PL/pgSQL function f() line 7 at RAISE\nCOPY airports, line 41: \"x\"", 41),
        ("COPY ports, line 3", nil), ("SQL statement \"select 1\"", nil), ("COPY airports, line", nil), (nil, nil),
    ])
    func `the line is read from the context`(context: String?, line: Int?) {
        #expect(RefusedRows.line(in: error(context), table: "airports") == line)
    }

    @Test(arguments: [
        ("22P02", true), ("22001", true), ("23505", true), ("23514", true), ("P0001", true), ("54000", true),
        ("42501", false), ("42P01", false), ("40001", false), ("53100", false), ("57014", false), ("55P03", false),
    ])
    func `only errors about the rows set rows aside`(sqlState: String, isAboutRows: Bool) {
        #expect(RefusedRows.isAboutRows(error(nil, sqlState: sqlState)) == isAboutRows)
    }
}

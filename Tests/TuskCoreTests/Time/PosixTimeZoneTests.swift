import Testing

@testable import TuskCore

struct PosixTimeZoneTests {
    private func changes(_ text: String, year: Int) throws -> [String] {
        let zone = try #require(PosixTimeZone(text.utf8))
        var period = zone.period(at: Int64(CivilDate(year: year, month: 1, day: 1).daysSinceEpoch) * 86_400)
        var changes: [String] = []
        for _ in 0..<6 where period.end != .max {
            let moment = Timestamp(microseconds: period.end * 1_000_000).rfc3339Text
            period = zone.period(at: period.end)
            guard moment.hasPrefix(String(year)) else { break }
            changes.append("\(moment.dropLast(11)) \(period.offsetSeconds / 60)")
        }
        return changes
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", ["2026-03-29T01:00 120", "2026-10-25T01:00 60"]),
        ("EST5EDT,M3.2.0,M11.1.0", ["2026-03-08T07:00 -240", "2026-11-01T06:00 -300"]),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", ["2026-04-04T15:00 630", "2026-10-03T15:30 660"]),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", ["2026-03-29T01:00 -60", "2026-10-25T01:00 -120"]),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", ["2026-03-28T00:00 180", "2026-10-23T23:00 120"]),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", ["2026-03-29T01:00 60", "2026-10-25T01:00 0"]),
        ("AAA-1BBB,J60/0,J300/0", ["2026-02-28T23:00 120", "2026-10-26T22:00 60"]),
        ("AAA-1BBB,59/0,299/0", ["2026-02-28T23:00 120", "2026-10-26T22:00 60"]),
        ("<+01>-1", []),
        ("EST5", []),
    ])
    func `a rule gives the changes of a year`(text: String, expected: [String]) throws {
        #expect(try changes(text, year: 2026) == expected)
    }

    @Test func `February 29 counts for a plain day number but not for a Julian one`() throws {
        #expect(try changes("AAA-1BBB,J60/0,J300/0", year: 2028).first == "2028-02-29T23:00 120")
        #expect(try changes("AAA-1BBB,59/0,299/0", year: 2028).first == "2028-02-28T23:00 120")
    }

    @Test func `daylight saving time may last all year`() throws {
        let zone = try #require(PosixTimeZone("XXX3EDT4,0/0,J365/23".utf8))
        for month in 1...240 {
            #expect(zone.period(at: Int64(month) * 2_629_800).offsetSeconds == -4 * 3600)
        }
    }

    @Test(arguments: [
        "", "CET", "CE-1", "1CET-1", "CET-1x", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3,", "CET-25",
        "CET-1:60", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J365", "CET-1CEST,J1,J366", "CET-1CEST,1,366", "CET-1CEST,M3.5.0/168,M10.5.0", "<+01-1", "<01>",
        "CET-1CEST,M3.5,M10.5.0", "CET--1", "CET-1 ", "CÉT-1",
    ])
    func `what is no POSIX time zone is refused`(text: String) {
        #expect(PosixTimeZone(text.utf8) == nil)
    }
}

import Testing
import TuskCore

struct TimestampTests {
    @Test(arguments: [
        ("2026-01-02T03:04:05Z", 1_767_323_045_000_000),
        ("2026-01-02T03:04:05.678901Z", 1_767_323_045_678_901),
        ("2026-01-02T03:04:05.6789019Z", 1_767_323_045_678_901),
        ("2026-01-02T03:04:05.5Z", 1_767_323_045_500_000),
        ("2026-01-02T03:04:05.123456789123Z", 1_767_323_045_123_456),
        ("2026-01-02T04:34:05+01:30", 1_767_323_045_000_000),
        ("2026-01-01T22:04:05-05:00", 1_767_323_045_000_000),
        ("2026-01-02T03:04:05-00:00", 1_767_323_045_000_000),
        ("2026-01-02t03:04:05z", 1_767_323_045_000_000),
        ("2000-01-01T00:00:00Z", 946_684_800_000_000),
        ("1999-12-31T20:00:00-04:00", 946_684_800_000_000),
        ("2200-12-31T23:59:59.999999Z", 7_289_654_399_999_999),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
    ])
    func `an RFC 3339 time is read`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "infinity", "now", "2026-01-02", "2026-01-02T03:04Z", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
        "2026-01-02T24:00:00Z", "2026-01-02T23:59:60Z", "2026-01-02T23:60:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "1999-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "294277-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z", "2026-1-02T03:04:05Z", "2026-01-02T3:04:05Z", "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05+0100", "2026-01-02T03:04:05+01", "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+01:60", "2026-01-02T03:04:05Z ", " 2026-01-02T03:04:05Z", "2026-01-02T03:04:05ZZ",
        "20260102T030405Z", "1767323045", "1767323045.5", "\u{FF12}026-01-02T03:04:05Z",
        "2026-01-02T03:04:05\u{2212}01:00",
        "2026-01-02T03:04:05+-1:00", "2200-12-31T23:59:59-00:01",
    ])
    func `what is not strictly RFC 3339 from 2000 to 2200 is refused`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_767_323_045_678_901, "2026-01-02T03:04:05.678901Z"),
        (7_289_654_399_999_999, "2200-12-31T23:59:59.999999Z"),
        (253_402_300_800_000_000, "10000-01-01T00:00:00.000000Z"),
        (-62_167_219_200_000_001, "-0001-12-31T23:59:59.999999Z"),
    ])
    func `a time is printed in UTC with microseconds`(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339Text == text)
    }

    @Test(arguments: [UInt64](1...4))
    func `what is printed is read back`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let accepted = Timestamp.accepted
        for _ in 0..<2000 {
            let range = accepted.lowerBound.microseconds...accepted.upperBound.microseconds
            let moment = Timestamp(microseconds: .random(in: range, using: &random))
            #expect(Timestamp(rfc3339: moment.rfc3339Text) == moment, "seed \(seed)")
        }
    }

    @Test func `the ends of time can be printed`() {
        #expect(Timestamp(microseconds: .max).rfc3339Text == "294247-01-10T04:00:54.775807Z")
        #expect(Timestamp(microseconds: .min).rfc3339Text == "-290308-12-21T19:59:05.224192Z")
    }
}

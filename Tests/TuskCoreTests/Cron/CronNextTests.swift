import Testing
import TuskCore

struct CronNextTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let zone: String
        let expression: String
        let after: String
        /// Firings in UTC, to the minute.
        let expected: [String]

        init(_ zone: String, _ expression: String, after: String, _ expected: [String]) {
            self.zone = zone
            self.expression = expression
            self.after = after
            self.expected = expected
        }

        var testDescription: String { "\(zone) \(expression) after \(after)" }
    }

    private static let forward = [
        // New York, 2026-03-08: 02:00 EST becomes 03:00 EDT at 07:00Z.
        Golden(
            "America/New_York",
            "30 2 * * *",
            after: "2026-03-07T00:00",
            [
                "2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30",
            ]
        ),
        Golden(
            "America/New_York",
            "5,35 2 * * *",
            after: "2026-03-08T00:00",
            ["2026-03-08T07:00", "2026-03-09T06:05"]
        ),
        Golden("America/New_York", "0 2,3 * * *", after: "2026-03-08T00:00", ["2026-03-08T07:00", "2026-03-09T06:00"]),
        Golden("America/New_York", "30 2 8 3 *", after: "2026-01-01T00:00", ["2026-03-08T07:00", "2027-03-08T07:30"]),
        Golden("America/New_York", "*/30 2 * * *", after: "2026-03-07T12:00", ["2026-03-09T06:00"]),
        Golden("America/New_York", "30 * * * *", after: "2026-03-08T05:45", ["2026-03-08T06:30", "2026-03-08T07:30"]),
        Golden("America/New_York", "0 3 * * *", after: "2026-03-08T00:00", ["2026-03-08T07:00", "2026-03-09T07:00"]),
        // Rome, 2026-03-29: 02:00 CET becomes 03:00 CEST at 01:00Z.
        Golden("Europe/Rome", "15 2 * * *", after: "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:15"]),
        Golden("Europe/Rome", "0 9 * * MON-FRI", after: "2026-03-27T12:00", ["2026-03-30T07:00"]),
        // Lord Howe, 2026-10-04: 02:00 becomes 02:30 at 2026-10-03T15:30Z.
        Golden(
            "Australia/Lord_Howe",
            "15 2 * * *",
            after: "2026-10-02T20:00",
            ["2026-10-03T15:30", "2026-10-04T15:15"]
        ),
        Golden("Australia/Lord_Howe", "45 2 * * *", after: "2026-10-02T20:00", ["2026-10-03T15:45"]),
        // Casablanca, 2026-03-22, the end of Ramadan: 02:00 becomes 03:00 at 02:00Z.
        Golden("Africa/Casablanca", "30 2 * * *", after: "2026-03-21T12:00", ["2026-03-22T02:00", "2026-03-23T01:30"]),
        // Beirut, 2026-03-29: midnight becomes 01:00 at 2026-03-28T22:00Z.
        Golden("Asia/Beirut", "0 0 * * *", after: "2026-03-28T12:00", ["2026-03-28T22:00", "2026-03-29T21:00"]),
        Golden("Asia/Beirut", "30 0 29 3 *", after: "2026-03-28T12:00", ["2026-03-28T22:00"]),
    ]

    private static let back = [
        // New York, 2026-11-01: 02:00 EDT becomes 01:00 EST at 06:00Z.
        Golden("America/New_York", "30 1 * * *", after: "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
        Golden("America/New_York", "30 1 * * *", after: "2026-11-01T05:45", ["2026-11-02T06:30"]),
        Golden(
            "America/New_York",
            "0,30 1,2 * * *",
            after: "2026-11-01T04:00",
            [
                "2026-11-01T05:00", "2026-11-01T05:30", "2026-11-01T07:00", "2026-11-01T07:30",
            ]
        ),
        Golden(
            "America/New_York",
            "30 * * * *",
            after: "2026-11-01T05:00",
            [
                "2026-11-01T05:30", "2026-11-01T06:30", "2026-11-01T07:30",
            ]
        ),
        Golden(
            "America/New_York",
            "*/30 1 * * *",
            after: "2026-11-01T04:00",
            [
                "2026-11-01T05:00", "2026-11-01T05:30", "2026-11-01T06:00", "2026-11-01T06:30", "2026-11-02T06:00",
            ]
        ),
        // Lord Howe, 2026-04-05: 02:00 becomes 01:30 at 2026-04-04T15:00Z.
        Golden(
            "Australia/Lord_Howe",
            "45 1 * * *",
            after: "2026-04-04T00:00",
            ["2026-04-04T14:45", "2026-04-05T15:15"]
        ),
        Golden(
            "Australia/Lord_Howe",
            "45 * * * *",
            after: "2026-04-04T14:00",
            ["2026-04-04T14:45", "2026-04-04T15:15"]
        ),
        // Casablanca, 2026-02-15, the start of Ramadan: 03:00 becomes 02:00 at 02:00Z.
        Golden("Africa/Casablanca", "30 2 * * *", after: "2026-02-14T12:00", ["2026-02-15T01:30", "2026-02-16T02:30"]),
        // Beirut, 2026-10-25: midnight becomes 23:00 of the day before at 2026-10-24T21:00Z.
        Golden("Asia/Beirut", "30 23 24 10 *", after: "2026-10-24T00:00", ["2026-10-24T20:30", "2027-10-24T20:30"]),
    ]

    private static let other = [
        // Apia had no 2011-12-30: 23:59 of the 29th in -10 was followed by 00:00 of the 31st in +14.
        Golden(
            "Pacific/Apia",
            "0 9 * * *",
            after: "2011-12-29T00:00",
            [
                "2011-12-29T19:00", "2011-12-30T19:00", "2011-12-31T19:00",
            ]
        ),
        Golden("Pacific/Apia", "0 9 30 12 *", after: "2011-06-01T00:00", ["2012-12-29T19:00"]),
        // The last day of the month, the last weekday, three days before the last, the weekday nearest to the 15th.
        Golden("UTC", "0 0 L * *", after: "2024-01-31T00:00", ["2024-02-29T00:00", "2024-03-31T00:00"]),
        Golden("UTC", "0 0 LW * *", after: "2026-01-01T00:00", ["2026-01-30T00:00", "2026-02-27T00:00"]),
        Golden("UTC", "0 0 L-3 2 *", after: "2026-01-01T00:00", ["2026-02-25T00:00", "2027-02-25T00:00"]),
        Golden("UTC", "0 0 15W * *", after: "2026-02-01T00:00", ["2026-02-16T00:00", "2026-03-16T00:00"]),
        // The nearest weekday stays in its month: 2026-08-01 is a Saturday, 2026-05-31 a Sunday.
        Golden("UTC", "0 0 1W 8 *", after: "2026-01-01T00:00", ["2026-08-03T00:00"]),
        Golden("UTC", "0 0 31W 5,6 *", after: "2026-01-01T00:00", ["2026-05-29T00:00", "2027-05-31T00:00"]),
        // The last Friday, the second Monday, the fifth Sunday.
        Golden("UTC", "0 9 * * 5L", after: "2026-01-01T00:00", ["2026-01-30T09:00", "2026-02-27T09:00"]),
        Golden("UTC", "0 9 * * FRIL", after: "2026-01-01T00:00", ["2026-01-30T09:00"]),
        Golden("UTC", "0 9 * * mon#2", after: "2026-01-01T00:00", ["2026-01-12T09:00", "2026-02-09T09:00"]),
        Golden("UTC", "0 9 * * 0#5", after: "2026-01-01T00:00", ["2026-03-29T09:00", "2026-05-31T09:00"]),
        // Either day field, both restricted.
        Golden("UTC", "0 0 L * 5L", after: "2026-01-01T00:00", ["2026-01-30T00:00", "2026-01-31T00:00"]),
        // Time that passes, in every zone the same.
        Golden("UTC", "@every 90m", after: "2026-01-01T00:00", ["2026-01-01T01:30", "2026-01-01T03:00"]),
        Golden("America/New_York", "@Every 1h30m", after: "2026-03-08T06:00", ["2026-03-08T07:30"]),
        Golden("Asia/Kathmandu", "0 9 * * *", after: "2026-01-01T00:00", ["2026-01-01T03:15", "2026-01-02T03:15"]),
        Golden("Etc/GMT+5", "0 0 * * *", after: "2026-01-01T00:00", ["2026-01-01T05:00"]),
        Golden("UTC", "0 0 29 2 *", after: "2096-02-29T00:00", ["2104-02-29T00:00", "2108-02-29T00:00"]),
        // The Sundays among the 29ths of February.
        Golden("UTC", "0 0 29 2 */7", after: "2026-01-01T00:00", ["2032-02-29T00:00", "2060-02-29T00:00"]),
        Golden("UTC", "0 0 29 2 */7", after: "2088-02-29T00:00", ["2128-02-29T00:00"]),
        Golden(
            "UTC",
            "0 0 13 * FRI",
            after: "2026-02-12T12:00",
            [
                "2026-02-13T00:00", "2026-02-20T00:00", "2026-02-27T00:00", "2026-03-06T00:00", "2026-03-13T00:00",
            ]
        ),
        Golden(
            "America/New_York",
            "30 2 8-14 3 */7",
            after: "2200-01-01T00:00",
            ["2200-03-09T07:00", "2201-03-08T07:00"]
        ),
    ]

    @Test(arguments: forward + back + other)
    func `firings across changes of the clocks are as the table has them`(golden: Golden) throws {
        let zone = try ZoneFiles.rules(golden.zone)
        let expression = try CronExpression(golden.expression)
        var moment = try #require(Timestamp(rfc3339: golden.after + ":00Z"))
        for expected in golden.expected {
            moment = try #require(expression.next(after: moment, in: zone))
            #expect(moment.rfc3339Text == expected + ":00.000000Z")
        }
    }

    @Test(arguments: [
        // Rome, 2026-03-29 01:00Z: 02:00 to 03:00 is skipped. Six fields: seconds first.
        ("*/20 59 1 * * *", "2026-03-29T00:59:30Z", ["2026-03-29T00:59:40Z", "2026-03-29T23:59:00Z"]),
        ("15,45 30 2 * * *", "2026-03-29T00:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:15Z"]),
        ("30 * * * * *", "2026-03-29T00:59:00Z", ["2026-03-29T00:59:30Z", "2026-03-29T01:00:30Z"]),
        // 2026-10-25 01:00Z: 02:00 to 03:00 comes twice.
        ("5 30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:05Z", "2026-10-26T01:30:05Z"]),
        ("5 30 * * * *", "2026-10-25T00:00:00Z", ["2026-10-25T00:30:05Z", "2026-10-25T01:30:05Z"]),
        ("@every 90s", "2026-01-01T00:00:00Z", ["2026-01-01T00:01:30Z", "2026-01-01T00:03:00Z"]),
    ])
    func `seconds fire to the second`(text: String, after: String, expected: [String]) throws {
        let zone = try ZoneFiles.rules("Europe/Rome")
        let expression = try CronExpression(text)
        var moment = try #require(Timestamp(rfc3339: after))
        for expected in expected {
            moment = try #require(expression.next(after: moment, in: zone))
            #expect(moment == Timestamp(rfc3339: expected))
        }
    }

    @Test func `the next firing is strictly later`() throws {
        let expression = try CronExpression("0 12 * * *")
        let noon = try #require(Timestamp(rfc3339: "2026-01-01T12:00:00Z"))
        let justBefore = Timestamp(microseconds: noon.microseconds - 1)
        #expect(expression.next(after: justBefore, in: .utc) == noon)
        #expect(expression.next(after: noon, in: .utc)?.microseconds == noon.microseconds + 86_400_000_000)
    }

    @Test func `at the ends of time there is an answer or none, and no overflow`() throws {
        let expression = try CronExpression("0 0 29 2 *")
        #expect(expression.next(after: Timestamp(microseconds: .max), in: .utc) == nil)
        #expect(expression.next(after: Timestamp(microseconds: .min), in: .utc) != nil)
        let every = try CronExpression("@every 366d")
        #expect(every.next(after: Timestamp(microseconds: .max), in: .utc) == nil)
        #expect(every.next(after: Timestamp(microseconds: .min), in: .utc) != nil)
        let zone = try ZoneFiles.rules("America/New_York")
        #expect(expression.next(after: Timestamp(microseconds: .max), in: zone) == nil)
        #expect(expression.next(after: Timestamp(microseconds: .min), in: zone) != nil)
    }

    @Test(arguments: ["0 0 29 2 *", "0 0 29 2 */7", "30 2 29 2 */7", "59 23 31 12 *", "* * * * *", "0 0 L 2 MON#5"])
    func `the next firing takes under a millisecond`(text: String) throws {
        let expression = try CronExpression(text)
        let zone = try ZoneFiles.rules("America/New_York")
        var moment = try #require(Timestamp(rfc3339: "2088-03-01T00:00:00Z"))
        let start = ContinuousClock.now
        for _ in 0..<100 { moment = expression.next(after: moment, in: zone) ?? moment }
        // Twenty times the promise, for debug builds on busy machines.
        #expect(ContinuousClock.now - start < .milliseconds(100 * 20))
    }
}

import Testing
import TuskCore

struct CronExpressionTests {
    private static let unknown =
        "is not known, use @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or @every and a duration"
    private static let duration = "takes whole seconds from 1s to 366d, written as 90s or 1h30m, not"

    /// The firings in the first seven days of 2026, which start on a Thursday, as day of January, hour and minute.
    private func firstWeek(_ text: String, limit: Int = 8) throws -> [String] {
        let expression = try CronExpression(text)
        var moment = try #require(Timestamp(rfc3339: "2025-12-31T23:59:59Z"))
        var found: [String] = []
        while found.count < limit, let next = expression.next(after: moment, in: .utc) {
            guard next.rfc3339Text < "2026-01-08" else { break }
            found.append(String(next.rfc3339Text.dropFirst(8).prefix(8)))
            moment = next
        }
        return found
    }

    @Test(arguments: [
        ("0 12 * * *", ["01T12:00", "02T12:00", "03T12:00", "04T12:00", "05T12:00", "06T12:00", "07T12:00"]),
        ("*/20 3 2 * *", ["02T03:00", "02T03:20", "02T03:40"]),
        ("10-30/10 3 2 1 *", ["02T03:10", "02T03:20", "02T03:30"]),
        ("5,1,59 0 1 jan *", ["01T00:01", "01T00:05", "01T00:59"]),
        ("0 0 * * 7", ["04T00:00"]),
        ("0 0 * * 0", ["04T00:00"]),
        ("0 0 * * Sun", ["04T00:00"]),
        ("0 0 * * MON-Wed", ["05T00:00", "06T00:00", "07T00:00"]),
        ("0 0 * * fri-sun", ["02T00:00", "03T00:00", "04T00:00"]),
        ("0 0 * * 5-7", ["02T00:00", "03T00:00", "04T00:00"]),
        ("0 0 * * 6-7/1", ["03T00:00", "04T00:00"]),
        ("0 0 * * sun-mon", ["04T00:00", "05T00:00"]),
        ("0 0 * * sun-sun", ["04T00:00"]),
        ("0 0 * * */3", ["03T00:00", "04T00:00", "07T00:00"]),
        ("0 0 2 * 1", ["02T00:00", "05T00:00"]),
        ("0 0 */2 * 1", ["05T00:00"]),
        ("0 0 2-6 * */5", ["02T00:00", "04T00:00"]),
        ("0 0 1-7 feb *", []),
        ("\t 00  08  01  01  * ", ["01T08:00"]),
        ("0 0 1 1-12/11 *", ["01T00:00"]),
        ("59 23 31 12 *", []),
        ("@daily", ["01T00:00", "02T00:00", "03T00:00", "04T00:00", "05T00:00", "06T00:00", "07T00:00"]),
        ("@midnight", ["01T00:00", "02T00:00", "03T00:00", "04T00:00", "05T00:00", "06T00:00", "07T00:00"]),
        ("@weekly", ["04T00:00"]),
        ("@monthly", ["01T00:00"]),
        ("@yearly", ["01T00:00"]),
        // Seconds first; only those on a full minute can be seen here.
        ("0 0 12 * * wed", ["07T12:00"]),
        // The 3rd is a Saturday and the 4th a Sunday.
        ("0 0 3W * *", ["02T00:00"]),
        ("0 0 4W * *", ["05T00:00"]),
        ("0 0 1W,6w * *", ["01T00:00", "06T00:00"]),
        ("0 0 L-30,l-26 * *", ["01T00:00", "05T00:00"]),
        ("0 0 * * MON#1,thu#1", ["01T00:00", "05T00:00"]),
        ("0 0 * * 7#1", ["04T00:00"]),
        ("0 0 6 * SUN#1", ["04T00:00", "06T00:00"]),
        (" @Annually ", ["01T00:00"]),
    ])
    func `an expression fires when it says`(text: String, expected: [String]) throws {
        #expect(try firstWeek(text) == expected)
    }

    @Test func `hourly means each full hour`() throws {
        #expect(try firstWeek("@hourly", limit: 3) == ["01T00:00", "01T01:00", "01T02:00"])
    }

    @Test(arguments: [
        ("", "a cron expression has five fields, or six with seconds first, not 0"),
        ("* * * *", "a cron expression has five fields, or six with seconds first, not 4"),
        ("60 * * * * *", "second: 60 is out of range, use 0 to 59"),
        ("* 60 * * * *", "minute: 60 is out of range, use 0 to 59"),
        ("0 0 * * * * *", "a cron expression has five fields, or six with seconds first, not 7"),
        ("60 * * * *", "minute: 60 is out of range, use 0 to 59"),
        ("* 24 * * *", "hour: 24 is out of range, use 0 to 23"),
        ("* * 0 * *", "day of month: 0 is out of range, use 1 to 31"),
        ("* * 32 * *", "day of month: 32 is out of range, use 1 to 31"),
        ("* * * 13 *", "month: 13 is out of range, use 1 to 12 or a name"),
        ("* * * * 8", "day of week: 8 is out of range, use 0 to 7 or a name"),
        ("99999999999999999999 * * * *", "minute: 99999999999999999999 is out of range, use 0 to 59"),
        ("*/0 * * * *", "minute: the step 0 is not a number from 1 to 60"),
        ("*/61 * * * *", "minute: the step 61 is not a number from 1 to 60"),
        ("*/ * * * *", "minute: a value is missing"),
        ("*/x * * * *", "minute: the step x is not a number from 1 to 60"),
        ("*/5/5 * * * *", "minute: the step 5/5 is not a number from 1 to 60"),
        ("5/15 * * * *", "minute: 5/15 has a step, which only * and ranges can have"),
        ("5-1 * * * *", "minute: the range 5-1 runs backwards"),
        ("* * * * 6-0", "day of week: the range 6-0 runs backwards"),
        ("1- * * * *", "minute: a value is missing"),
        ("-1 * * * *", "minute: a value is missing"),
        ("1-2-3 * * * *", "minute: 2-3 is neither 0 to 59 nor a range, list or step of them"),
        (", * * * *", "minute: a value is missing"),
        ("1,,2 * * * *", "minute: a value is missing"),
        ("1.5 * * * *", "minute: 1.5 is neither 0 to 59 nor a range, list or step of them"),
        ("** * * * *", "minute: ** is neither 0 to 59 nor a range, list or step of them"),
        ("*-5 * * * *", "minute: * is neither 0 to 59 nor a range, list or step of them"),
        ("jan * * * *", "minute: jan is neither 0 to 59 nor a range, list or step of them"),
        ("* * L-31 * *", "day of month: L-31 is not L- and a number from 0 to 30"),
        ("* * L- * *", "day of month: L- is not L- and a number from 0 to 30"),
        ("* * L-x * *", "day of month: L-x is not L- and a number from 0 to 30"),
        ("* * 32W * *", "day of month: 32 is out of range, use 1 to 31"),
        ("* * W * *", "day of month: W is neither 1 to 31 nor a range, list or step of them"),
        ("* * 1-5W * *", "day of month: 5W is neither 1 to 31 nor a range, list or step of them"),
        ("* * WL * *", "day of month: WL is neither 1 to 31 nor a range, list or step of them"),
        ("* L * * *", "hour: L is neither 0 to 23 nor a range, list or step of them"),
        ("* * ? * *", "day of month: ? is neither 1 to 31 nor a range, list or step of them"),
        ("* * * * L", "day of week: L is neither 0 to 7 or a name nor a range, list or step of them"),
        ("* * * * 8L", "day of week: 8 is out of range, use 0 to 7 or a name"),
        ("* * * * 1#0", "day of week: 1#0 is not a weekday, # and a number from 1 to 5"),
        ("* * * * MON#6", "day of week: MON#6 is not a weekday, # and a number from 1 to 5"),
        ("* * * * MON#", "day of week: MON# is not a weekday, # and a number from 1 to 5"),
        ("* * * * #2", "day of week: a value is missing"),
        ("* * * january *", "month: january is neither 1 to 12 or a name nor a range, list or step of them"),
        ("0 0 30 2 *", "day of month: no day fits in any of the months, so it would never fire"),
        ("0 0 31 2,4,6,9,11 *", "day of month: no day fits in any of the months, so it would never fire"),
        ("0 0 30W 2 *", "day of month: no day fits in any of the months, so it would never fire"),
        ("0 0 L-29 2 *", "day of month: no day fits in any of the months, so it would never fire"),
        ("0 0 */31 * MON#2", "day of month: no day fits in any of the months, so it would never fire"),
        ("0 0 30 2 */2", "day of month: no day fits in any of the months, so it would never fire"),
        ("@reboot", "@reboot \(unknown)"), ("@every", "@every \(unknown)"), ("@daily 5", "@daily \(unknown)"),
        ("@every 5", "@every \(duration) 5"), ("@every 0s", "@every \(duration) 0s"),
        ("@every 1500ms", "@every \(duration) 1500ms"), ("@every 367d", "@every \(duration) 367d"),
        ("@every 30m1h", "@every \(duration) 30m1h"), ("@every -5m", "@every \(duration) -5m"),
        ("\u{FF10} 0 * * *", "a cron expression has only ASCII letters, digits and signs"),
        ("0 0 * * *\n", "a cron expression has only ASCII letters, digits and signs"),
        ("0\u{0} 0 * * *", "a cron expression has only ASCII letters, digits and signs"),
        (String(repeating: "0 ", count: 5000), "a cron expression has at most 768 characters"),
    ])
    func `anything else is refused with the field and the problem`(text: String, message: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error?.message == message)
    }

    @Test func `a day that only the weekday makes possible is accepted`() throws {
        #expect(throws: Never.self) { try CronExpression("0 0 30 2 1") }
        #expect(throws: Never.self) { try CronExpression("0 0 29 2 *") }
        #expect(throws: Never.self) { try CronExpression("0 0 31 2-12/5 *") }
        #expect(throws: Never.self) { try CronExpression("0 0 L-28 2 *") }
        #expect(throws: Never.self) { try CronExpression("0 0 */28 2 MON#5") }
    }

    @Test func `all values written out fit`() throws {
        let words = [0...59, 0...59, 0...23, 1...31, 1...12, 0...7].map { $0.map(String.init).joined(separator: ",") }
        let expression = try CronExpression(words.joined(separator: " "))
        #expect(expression.text == words.joined(separator: " "))
    }
}

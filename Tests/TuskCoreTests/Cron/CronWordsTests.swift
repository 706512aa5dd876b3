import Testing
import TuskCore

struct CronWordsTests {
    @Test(arguments: [
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("@hourly", "every hour"),
        ("0 */2 * * *", "every 2 hours"),
        ("5 * * * *", "at minute 5 of every hour"),
        ("15,45 * * * *", "at minutes 15 and 45 of every hour"),
        ("* 9-17 * * *", "every minute of hours 9 to 17"),
        ("*/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"),
        ("0 9 * * *", "every day at 09:00"),
        ("0 9,17 * * *", "every day at 09:00 and 17:00"),
        ("0 9 * * MON-FRI", "every weekday at 09:00"),
        ("0 9 * * 6,0", "every Saturday and Sunday at 09:00"),
        ("0 9 * * 1,3,5", "every Monday, Wednesday and Friday at 09:00"),
        ("30 2 1 * *", "on day 1 of the month at 02:30"),
        ("0 0 1,15 jan,jul *", "on days 1 and 15 of the month at 00:00 in January and July"),
        ("0 0 L * *", "on the last day of the month at 00:00"),
        ("0 0 L-3 * *", "on the last day but 3 of the month at 00:00"),
        ("0 0 15W * *", "on the weekday nearest to day 15 of the month at 00:00"),
        ("0 0 LW * *", "on the last weekday of the month at 00:00"),
        ("0 0 * * 5L", "the last Friday of the month at 00:00"),
        ("0 0 * * MON#2", "the 2nd Monday of the month at 00:00"),
        ("0 0 13 * FRI", "on day 13 of the month and every Friday at 00:00"),
        (
            "0 0 */10 * MON#1",
            "on days 1, 11, 21 and 31 of the month if it is also the 1st Monday of the month at 00:00"
        ),
        ("* * 2 * *", "every minute, on day 2 of the month"),
        ("* * * * * *", "every second"),
        ("*/10 * * * * *", "every 10 seconds"),
        ("30 0 9 * * *", "every day at 09:00:30"),
        ("*/30 5 * * * *", "every 30 seconds of minute 5 of every hour"),
        ("@yearly", "on day 1 of the month at 00:00 in January"),
        ("@every 5400s", "every 1h30m"),
    ])
    func `an expression is put into words`(text: String, words: String) throws {
        #expect(try CronExpression(text).words == words)
    }
}

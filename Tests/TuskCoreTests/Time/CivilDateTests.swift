import Testing
import TuskCore

struct CivilDateTests {
    @Test func `400,000 days in a row are the days of the calendar`() {
        var expected = CivilDate(year: 1600, month: 1, day: 1)
        let first = expected.daysSinceEpoch
        var isRight = true
        for day in first..<first + 400_000 {
            isRight = isRight && CivilDate(daysSinceEpoch: day) == expected && expected.daysSinceEpoch == day
            expected.day += 1
            guard expected.day > CivilDate.dayCount(ofMonth: expected.month, year: expected.year) else { continue }
            expected.day = 1
            expected.month += 1
            guard expected.month > 12 else { continue }
            expected.month = 1
            expected.year += 1
        }
        #expect(isRight)
        #expect(expected == CivilDate(year: 2695, month: 3, day: 1))
    }

    @Test(arguments: [
        (CivilDate(year: 1970, month: 1, day: 1), 0, 4),
        (CivilDate(year: 2000, month: 2, day: 29), 11_016, 2),
        (CivilDate(year: 1969, month: 12, day: 31), -1, 3),
        (CivilDate(year: 2026, month: 8, day: 2), 20_667, 0),
    ])
    func `known days have their numbers and weekdays`(date: CivilDate, days: Int, weekday: Int) {
        #expect(date.daysSinceEpoch == days)
        #expect(CivilDate.weekday(ofDay: days) == weekday)
    }
}

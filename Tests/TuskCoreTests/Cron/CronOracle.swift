import TuskCore

/// Every minute of a stretch of time in one zone, and what its wall clock shows.
struct MinuteByMinute: Sendable {
    let firstSecond: Int64
    /// Minutes that the clock is ahead of UTC, minute by minute.
    let offsets: [Int]
    /// Whether the clock showed the same within the three hours before.
    private let isRepeated: [Bool]

    init(from firstSecond: Int64, minutes: Int, in zone: TimeZoneRules) {
        self.firstSecond = firstSecond
        let offsets = (0..<minutes).map { zone.offsetSeconds(at: firstSecond + Int64($0) * 60) / 60 }
        self.offsets = offsets
        var seen: [Int: Int] = [:]
        isRepeated = offsets.indices.map { index in
            let earlier = seen.updateValue(index, forKey: index + offsets[index])
            return earlier.map { index - $0 <= 180 } ?? false
        }
    }

    /// All firings, found by looking at each minute; the first three hours are only looked back at.
    func firings(of sample: CronSample) -> [Int64] {
        let firstMinute = Int(firstSecond / 60)
        let minuteFits = (0..<1440).map(sample.fits(minuteOfDay:))
        var days: [Int: Bool] = [:]
        var found: [Int64] = []
        func fits(_ local: Int) -> Bool {
            let number = Self.day(local)
            guard minuteFits[local - number * 1440] else { return false }
            if let known = days[number] { return known }
            let fits = sample.fits(CronSample.Day(number))
            days[number] = fits
            return fits
        }
        for index in offsets.indices {
            let local = firstMinute + index + offsets[index]
            var seconds = fits(local) ? sample.seconds : []
            if sample.isFixedTime {
                if isRepeated[index] { seconds = [] }
                let jump = index > 0 ? offsets[index] - offsets[index - 1] : 0
                if jump > 0, jump <= 180, (local - jump..<local).contains(where: fits) {
                    seconds = [0] + seconds.filter { $0 != 0 }
                }
            }
            guard index >= 180 else { continue }
            found += seconds.map { firstSecond + Int64(index) * 60 + Int64($0) }
        }
        return found
    }

    private static func day(_ localMinute: Int) -> Int {
        localMinute >= 0 ? localMinute / 1440 : (localMinute + 1) / 1440 - 1
    }
}

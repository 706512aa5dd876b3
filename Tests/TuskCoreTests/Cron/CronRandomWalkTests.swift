import Foundation
import Testing
import TuskCore

/// Firings against an oracle that looks at each minute of a stretch of time, in zones whose clocks do odd things.
///
/// What runs with every test is 12 zones, 4 stretches of 12 days around changes of the clocks, 12 expressions in each.
/// The full grid, 1,000 expressions over ten years in each zone, takes 17 minutes of a core when it is optimized, and
/// hours when it is not:
///
///     swift build -c release --build-tests -Xswiftc -enable-testing
///     TUSK_CRON_GRID=1000 swift test -c release --disable-xctest --skip-build --filter CronRandomWalkTests
struct CronRandomWalkTests {
    private static let zones = [
        "UTC", "Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
        "Asia/Kathmandu", "Asia/Beirut", "America/Nuuk", "Asia/Gaza", "Antarctica/Troll", "Antarctica/Casey",
    ]
    /// Expressions of the full grid in each zone; without a number in the environment it is left out.
    private static let gridCount = ProcessInfo.processInfo.environment["TUSK_CRON_GRID"].flatMap { Int($0) }

    @Test(arguments: zones)
    func `firings are those found minute by minute`(name: String) throws {
        let zone = try ZoneFiles.rules(name)
        var random = SplitMix64(seed: name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) })
        for window in 0..<4 {
            let start = try windowStart(in: zone, around: window, using: &random)
            let minutes = MinuteByMinute(from: start, minutes: 12 * 1440, in: zone)
            for _ in 0..<12 {
                let sample = CronSample(using: &random)
                guard let expression = try parsed(sample) else { continue }
                let found = firings(of: expression, after: start + 180 * 60 - 1, minutes: minutes, in: zone)
                #expect(found == minutes.firings(of: sample), "\(sample.text) in \(name) from \(start)")
            }
        }
    }

    /// Expressions that fire more than 24 times a day are judged around changes of the clocks only, by the test
    /// above: 10 years of every second would be 300 million firings.
    @Test(.enabled(if: gridCount != nil, "minutes of work; TUSK_CRON_GRID=1000 asks for it"), arguments: zones)
    func `firings of years are those found minute by minute`(name: String) throws {
        let zone = try ZoneFiles.rules(name)
        var random = SplitMix64(seed: name.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) })
        // 2020-01-01, less the three hours that the oracle only looks back at; Samoa's lost day is in 2011.
        let start: Int64 = (name == "Pacific/Apia" ? 1_293_840_000 : 1_577_836_800) - 180 * 60
        let minutes = MinuteByMinute(from: start, minutes: 3653 * 1440, in: zone)
        var count = 0
        while count < Self.gridCount ?? 0 {
            let sample = CronSample(using: &random)
            guard sample.timesPerDay <= 24, let expression = try parsed(sample) else { continue }
            count += 1
            let found = firings(of: expression, after: start + 180 * 60 - 1, minutes: minutes, in: zone)
            #expect(found == minutes.firings(of: sample), "\(sample.text) in \(name)")
        }
    }

    /// Nil for the rare sample that can never fire; any other refusal fails the test.
    private func parsed(_ sample: CronSample) throws -> CronExpression? {
        do throws(CronError) {
            return try CronExpression(sample.text)
        } catch {
            #expect(error.problem == .neverFires, "\(sample.text)")
            return nil
        }
    }

    /// Ten days before a change of the clocks if there is one, else anywhere; from 1975 to 2095.
    private func windowStart(
        in zone: TimeZoneRules,
        around window: Int,
        using random: inout SplitMix64
    ) throws -> Int64 {
        let somewhere = Int64.random(in: 157_766_400...3_944_678_400, using: &random) / 60 * 60
        let change = zone.period(at: somewhere).end
        guard change < 4_000_000_000 else { return somewhere }
        // Files made for old readers have an entry at the end of 32-bit time, which is no full minute.
        return change / 60 * 60 - Int64.random(in: 1...10, using: &random) * 86_400
    }

    private func firings(
        of expression: CronExpression,
        after second: Int64,
        minutes: MinuteByMinute,
        in zone: TimeZoneRules
    ) -> [Int64] {
        let end = minutes.firstSecond + Int64(minutes.offsets.count) * 60
        var moment = Timestamp(microseconds: second * 1_000_000)
        var found: [Int64] = []
        while let next = expression.next(after: moment, in: zone), next.microseconds / 1_000_000 < end {
            found.append(next.microseconds / 1_000_000)
            moment = next
        }
        return found
    }
}

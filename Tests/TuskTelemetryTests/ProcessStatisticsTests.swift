import Testing

@testable import TuskTelemetry

struct ProcessStatisticsTests {
    /// Fields 3 to 24; the numbers that matter are unlike the others.
    private let fields = "S 1 2 3 4 5 6 7 8 9 10 250 150 13 14 15 16 17 18 3000 4096000 25"

    @Test(arguments: ["tusk", "a b", "x) S 9 9 9 (y", ""])
    func `the program's name may contain anything`(name: String) {
        let statistics = ProcessStatistics(
            "42 (\(name)) \(fields)",
            bootedAtSeconds: 1_700_000_000,
            ticksPerSecond: 100,
            pageBytes: 4096
        )
        #expect(statistics?.cpuSeconds == 4)
        #expect(statistics?.startedAtSeconds == 1_700_000_030)
        #expect(statistics?.virtualBytes == 4_096_000)
        #expect(statistics?.residentBytes == 102_400)
    }

    @Test(arguments: ["", "42 (tusk) S 1 2", "42 tusk S 1 2 3"])
    func `a text of another form gives nothing`(text: String) {
        #expect(ProcessStatistics(text, bootedAtSeconds: 0, ticksPerSecond: 100, pageBytes: 4096) == nil)
    }

    @Test func `this process has figures that can be true`() throws {
        let now = try #require(ProcessStatistics.current())
        #expect(now.residentBytes > 1_000_000 && now.residentBytes <= now.virtualBytes)
        #expect(now.startedAtSeconds <= Double(WallClock.now()) / 1e6 + 1)
        #expect(now.cpuSeconds >= 0)
        let open = try #require(ProcessStatistics.openDescriptors())
        let most = try #require(ProcessStatistics.descriptorsMax())
        #expect(open >= 3 && Double(open) < most)
    }
}

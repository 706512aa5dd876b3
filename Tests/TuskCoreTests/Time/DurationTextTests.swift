import Testing
import TuskCore

struct DurationTextTests {
    @Test(arguments: [
        ("90s", 90_000), ("5m", 300_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("250ms", 250), ("0s", 0),
        ("1d2h3m4s5ms", 93_784_005), ("1m500ms", 60_500), ("007s", 7000), ("36500d", 3_153_600_000_000),
    ])
    func `durations are read`(text: String, milliseconds: Int64) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "90", "s", "1.5h", "-5s", "+5s", "5 m", " 5m", "5m ", "5M", "1m1h", "1m1m", "1ms1s", "1w", "1us", "5sec",
        "36501d", "36500d1ms", "99999999999999999s", "9999999999999999d", "1h30", "\u{FF15}s",
    ])
    func `anything else is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        (Duration.seconds(90), "1m30s"), (.seconds(172_800), "2d"), (.milliseconds(5), "5ms"), (.zero, "0s"),
        (.microseconds(900), "0s"), (.seconds(-60), "-1m"), (.seconds(93_784), "1d2h3m4s"),
    ])
    func `durations are printed in their largest units`(duration: Duration, text: String) {
        #expect(DurationText.print(duration) == text)
    }

    @Test func `what is printed is read back`() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<2000 {
            let duration = Duration.milliseconds(Int64.random(in: 0...3_153_600_000_000, using: &random))
            #expect(DurationText.parse(DurationText.print(duration)) == duration)
        }
    }

    @Test(arguments: [
        (Duration.seconds(90), "90"), (.milliseconds(500), "0.5"), (.microseconds(-1_250_000), "-1.25"),
        (.microseconds(1), "0.000001"), (.nanoseconds(1), "0"), (.microseconds(-1), "-0.000001"), (.zero, "0"),
    ])
    func `seconds are printed with the decimals they need`(duration: Duration, text: String) {
        #expect(duration.secondsText == text)
    }

    @Test func `microseconds stay inside their range`() {
        #expect(Duration.seconds(Int64.max).microseconds == .max)
        #expect(Duration.seconds(Int64.min).microseconds == .min)
        #expect(Duration.nanoseconds(-1999).microseconds == -1)
    }
}

/// Durations as people write them: `90s`, `5m`, `1h30m`, `2d`, `250ms`.
package enum DurationText {
    /// The longest duration that can be written, so that sums of several stay far from overflow: 100 years of 365 days.
    package static let max = Duration.seconds(100 * 365 * 86_400)

    /// Units from the largest to the smallest, with their microseconds. A day has 24 hours.
    private static let units: [(name: String, microseconds: Int64)] = [
        ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000),
    ]

    /// Reads whole numbers with units, each unit at most once and the larger first; nil for anything else.
    package static func parse(_ text: String) -> Duration? {
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        var unitsLeft = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 &- UInt8(ascii: "0") <= 9 }
            // 16 digits hold 100 years in milliseconds and more.
            guard (1...16).contains(digits.count) else { return nil }
            rest.removeFirst(digits.count)
            let letters = rest.prefix { $0 &- UInt8(ascii: "0") > 9 }
            rest.removeFirst(letters.count)
            guard let place = unitsLeft.firstIndex(where: { letters.elementsEqual($0.name.utf8) }) else { return nil }
            let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            let (product, overflowed) = number.multipliedReportingOverflow(by: units[place].microseconds)
            let (sum, carried) = total.addingReportingOverflow(product)
            guard !overflowed, !carried, sum <= max.microseconds else { return nil }
            total = sum
            unitsLeft = units[(place + 1)...]
        }
        return .microseconds(total)
    }

    /// The shortest text that reads back the same: `1h30m`, `0s`. Cut to milliseconds; negative ones have a minus in
    /// front, which `parse` does not take.
    package static func print(_ duration: Duration) -> String {
        var rest = duration.microseconds.magnitude
        var text = ""
        for unit in units {
            let size = unit.microseconds.magnitude
            if rest >= size {
                text += "\(rest / size)\(unit.name)"
                rest %= size
            }
        }
        guard !text.isEmpty else { return "0s" }
        return duration < .zero ? "-" + text : text
    }
}

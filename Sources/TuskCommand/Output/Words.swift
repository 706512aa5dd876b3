import TuskCore

/// Times and durations for people.
enum Words {
    /// How far a moment is from another: `5m ago`, `in 2h`, `now`; the largest unit only.
    static func relative(_ moment: Timestamp?, to now: Timestamp) -> String? {
        guard let moment else { return nil }
        let microseconds = moment.microseconds - now.microseconds
        let text = rough(.microseconds(abs(microseconds)))
        guard abs(microseconds) >= 1_000_000 else { return "now" }
        return microseconds < 0 ? "\(text) ago" : "in \(text)"
    }

    /// A duration in its largest unit: `850ms`, `12s`, `3m`, `5h`, `2d`.
    static func rough(_ duration: Duration) -> String {
        let milliseconds = Int64(duration / .milliseconds(1))
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        for (name, size) in units where milliseconds >= size { return "\(milliseconds / size)\(name)" }
        return "\(milliseconds)ms"
    }

    /// `1 job`, `2 jobs`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// A moment as RFC 3339 without the fraction, in UTC.
    static func exact(_ moment: Timestamp?) -> String? {
        moment.map { String($0.rfc3339Text.prefix(19)) + "Z" }
    }
}

extension Words {
    /// `name  value` lines with the values below each other; pairs without a value are left out.
    static func aligned(_ pairs: [(name: String, value: String?)]) -> [String] {
        let width = pairs.reduce(0) { max($0, $1.name.count) }
        return pairs.compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            let padding = String(repeating: " ", count: width - name.count)
            return "\(name)\(padding)  \(Printable.line(value))"
        }
    }
}

// Durations as PostgreSQL and JSON see them: whole microseconds.
extension Duration {
    /// Whole microseconds, cut towards zero and held inside `Int64`.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !overflowed, !carried else { return seconds < 0 ? .min : .max }
        return sum
    }

    /// Seconds with as many decimals as are needed, up to six: `90`, `0.5`, `-1.25`.
    package var secondsText: String {
        let microseconds = microseconds
        let fraction = microseconds.magnitude % 1_000_000
        let whole = "\(microseconds < 0 ? "-" : "")\(microseconds.magnitude / 1_000_000)"
        guard fraction > 0 else { return whole }
        var digits = String(1_000_000 + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}

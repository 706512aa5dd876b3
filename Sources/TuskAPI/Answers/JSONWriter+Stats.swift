import TuskCore
import TuskStore

extension JSONWriter {
    /// A step of a series. Percentiles are missing where nothing was counted.
    mutating func members(of point: SeriesPoint) {
        member("at", point.at)
        member("completed", Int(point.completed))
        member("failed", Int(point.failed))
        member("discarded", Int(point.discarded))
        member("cancelled", Int(point.cancelled))
        member("available", Int(point.available))
        key("oldest_wait_seconds")
        raw(point.oldestWait.secondsText.utf8)
        member("wait_seconds", quantilesOf: point.waits)
        member("run_seconds", quantilesOf: point.runs)
    }

    private mutating func member(_ name: String, quantilesOf counts: [Int64]) {
        guard counts.contains(where: { $0 > 0 }) else { return }
        key(name)
        beginObject()
        for (word, part) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            key(word)
            double(SeriesPoint.quantile(part, of: counts) ?? 0)
        }
        endObject()
    }
}

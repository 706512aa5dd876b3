package import TuskCore

/// What a bench shows: lines for people, one JSON object for programs.
package enum BenchReport {
    /// Lines about one workload.
    package static func lines(_ result: Bench.Result) -> [String] {
        var lines = [result.name.rawValue]
        for (label, all) in runs(result) {
            guard let figures = Bench.Result.median(all) else { continue }
            lines.append("  " + pad(label, 10) + summary(figures, result.name.unit))
        }
        let known = ratios(result).compactMap { name, ratio in ratio.map { "\(name) \(fixed($0, 2))" } }
        if !known.isEmpty { lines.append("  " + known.joined(separator: "   ")) }
        if let figures = Bench.Result.median(result.tusk), !figures.latencies.isEmpty {
            lines += histogram(figures.latencies).map { "  " + $0 }
        }
        if let seconds = Bench.Result.median(result.tusk)?.perSecond, !seconds.isEmpty {
            lines.append("  per second: " + seconds.map(String.init).joined(separator: " "))
        }
        return lines
    }

    /// One object about one workload.
    package static func json(_ result: Bench.Result, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("workload")
        writer.string(result.name.rawValue)
        writer.key("unit")
        writer.string(result.name.unit)
        writer.key("rounds")
        writer.int(result.tusk.count)
        for (label, all) in runs(result) {
            guard let figures = Bench.Result.median(all) else { continue }
            writer.key(label)
            write(figures, &writer)
        }
        for (name, ratio) in ratios(result) {
            guard let ratio else { continue }
            writer.key(name)
            writer.double(rounded(ratio, 3))
        }
        writer.endObject()
    }

    private static func runs(_ result: Bench.Result) -> [(String, [Figures])] {
        [("tusk", result.tusk), (result.name.reference, result.limit), ("classic", result.classic)]
    }

    private static func ratios(_ result: Bench.Result) -> [(String, Double?)] {
        [("ratio_\(result.name.reference)", result.limitRatio), ("ratio_classic", result.classicRatio)]
    }

    private static func write(_ figures: Figures, _ writer: inout JSONWriter) {
        writer.beginObject()
        let thousands = max(Double(figures.jobs) / 1000, 0.001)
        var numbers: [(String, Double?)] = [
            ("count", Double(figures.jobs)), ("seconds", rounded(figures.seconds, 4)),
            ("per_second_mean", rounded(figures.rate, 1)),
            ("cpu_seconds_per_1000", rounded(figures.ownCPU / thousands, 6)),
            ("postgresql_cpu_seconds_per_1000", figures.serverCPU.map { rounded($0 / thousands, 6) }),
            ("wal_bytes_each", rounded(Double(figures.walBytes) / max(1, Double(figures.jobs)), 1)),
            ("table_bytes", Double(figures.tableBytes)), ("dead_rows", Double(figures.deadRows)),
        ]
        for (name, share) in shares {
            numbers.append((name, figures.latency(share).map { rounded($0, 3) }))
            numbers.append(("enqueue_" + name, figures.enqueueLatency(share).map { rounded($0, 3) }))
        }
        for (name, number) in numbers {
            guard let number else { continue }
            writer.key(name)
            writer.double(number)
        }
        if !figures.perSecond.isEmpty {
            writer.key("per_second")
            writer.beginArray()
            for count in figures.perSecond { writer.int(count) }
            writer.endArray()
        }
        writer.endObject()
    }

    private static let shares = [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)]

    private static func summary(_ figures: Figures, _ unit: String) -> String {
        let each = max(1, Double(figures.jobs))
        var text = pad("\(fixed(figures.rate, figures.rate < 100 ? 2 : 0)) \(unit)/s", 22)
        text += pad("\(fixed(figures.ownCPU / each * 1e6, 1)) us", 12)
        text += pad(figures.serverCPU.map { "\(fixed($0 / each * 1e6, 1)) us PostgreSQL" } ?? "", 20)
        text += pad("WAL \(Int(Double(figures.walBytes) / each)) B", 12)
        for (name, share) in shares {
            guard let value = figures.latency(share) else { continue }
            text += "\(name.split(separator: "_")[0]) \(fixed(value, 2)) ms  "
        }
        if let value = figures.enqueueLatency(0.99) { text += "enqueue p99 \(fixed(value, 2)) ms" }
        return text
    }

    /// Ten rows from the fastest to the slowest; a row twice as wide as the one before it.
    static func histogram(_ latencies: [Double]) -> [String] {
        guard let least = latencies.first, let most = latencies.last, most > 0 else { return [] }
        var bound = max(least, 0.01)
        var rows: [(bound: Double, count: Int)] = []
        var index = 0
        while index < latencies.count, rows.count < 16 {
            bound *= 1.5
            let start = index
            while index < latencies.count, latencies[index] <= bound { index += 1 }
            rows.append((bound, index - start))
        }
        let widest = max(1, rows.map(\.count).max() ?? 1)
        return rows.map { row in
            let bar = String(repeating: "#", count: (row.count * 40 + widest - 1) / widest)
            return "<= \(pad(fixed(row.bound, 2) + " ms", 12))\(pad(String(row.count), 9))\(bar)"
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func rounded(_ value: Double, _ digits: Int) -> Double {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return (value * scale).rounded() / scale
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((value * Double(scale)).rounded())
        guard digits > 0 else { return String(whole) }
        let fraction = String(whole % scale)
        return "\(whole / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

import Synchronization

/// All time series of one metric, one for each set of label values met so far.
///
/// The number of series is bounded whatever callers pass: a label that has met its limit of different values counts
/// further ones as `_other`, and a family that is full counts new sets with every label `_other`.
package final class MetricFamily<Series: Metric>: MetricSource {
    package let header: MetricHeader

    private let limits: MetricLimits
    private let make: @Sendable () -> Series
    private let state = Mutex(State())

    private struct State {
        var series: [[String]: Series] = [:]
        /// The different values of each label, by its place.
        var values: [Int: Set<String>] = [:]
    }

    init(_ header: MetricHeader, limits: MetricLimits, make: @escaping @Sendable () -> Series) {
        self.header = header
        self.limits = limits
        self.make = make
    }

    /// The series with these label values, in the order of the label names. Keep it: this looks it up under a lock.
    package func with(_ values: String...) -> Series {
        with(values)
    }

    /// The series with these label values, in the order of the label names.
    package func with(_ values: [String]) -> Series {
        precondition(values.count == header.labels.count, "\(header.name) has the labels \(header.labels)")
        return state.withLock { state in
            if let known = state.series[values] { return known }
            let bounded = limits.bound(values, seen: &state.values)
            let isFull = state.series.count >= limits.seriesMax && state.series[bounded] == nil
            let key = isFull ? values.map { _ in MetricLimits.other } : bounded
            if let known = state.series[key] { return known }
            let new = make()
            state.series[key] = new
            return new
        }
    }

    func write(to text: inout PrometheusText) {
        let series = state.withLock { $0.series }
        guard !series.isEmpty else { return }
        text.header(header)
        for (values, metric) in series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            metric.write(name: header.name, labels: PrometheusText.pairs(header.labels, values), to: &text)
        }
    }
}

/// How many series a metric may have.
package struct MetricLimits: Sendable {
    /// The value that stands for all values beyond a limit.
    package static let other = "_other"

    /// Different values of one label. Defaults to 100.
    package var valuesMax = 100
    /// Sets of label values of one metric, besides the one that takes the overflow. Defaults to 2,000.
    package var seriesMax = 2000

    /// The usual limits.
    package init() {}

    /// The limits given.
    package init(valuesMax: Int, seriesMax: Int) {
        self.valuesMax = valuesMax
        self.seriesMax = seriesMax
    }

    /// The values with those beyond the limit replaced; remembers the others in `seen`.
    func bound(_ values: [String], seen: inout [Int: Set<String>]) -> [String] {
        values.enumerated().map { place, value in
            var known = seen[place] ?? []
            if known.contains(value) { return value }
            guard known.count < valuesMax else { return Self.other }
            known.insert(value)
            seen[place] = known
            return value
        }
    }
}

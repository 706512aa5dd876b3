import Synchronization

/// Something a registry can write out.
protocol MetricSource: AnyObject, Sendable {
    var header: MetricHeader { get }

    /// Writes header and samples; nothing at all while there are no samples.
    func write(to text: inout PrometheusText)
}

/// All metrics of a process, under names that the callers give.
///
/// Asking twice for the same metric gives the same one, so parts that share a process share their counters; asking
/// for another type or other labels under a taken name is a mistake in the code and ends the process.
package final class MetricsRegistry: Sendable {
    private let limits: MetricLimits
    private let sources = Mutex<[String: any MetricSource]>([:])

    /// A registry without metrics.
    package init(limits: MetricLimits = MetricLimits()) {
        self.limits = limits
    }

    /// A counter without labels. By custom its name ends in `_total`.
    package func counter(_ name: String, help: String) -> Counter {
        counter(name, help: help, labels: []).with()
    }

    /// A counter for each set of label values.
    package func counter(_ name: String, help: String, labels: [String]) -> MetricFamily<Counter> {
        family(MetricHeader(name: name, type: .counter, help: help, labels: labels)) { Counter() }
    }

    /// A gauge without labels.
    package func gauge(_ name: String, help: String) -> Gauge {
        gauge(name, help: help, labels: []).with()
    }

    /// A gauge for each set of label values.
    package func gauge(_ name: String, help: String, labels: [String]) -> MetricFamily<Gauge> {
        family(MetricHeader(name: name, type: .gauge, help: help, labels: labels)) { Gauge() }
    }

    /// A histogram without labels. Bounds default to those of short work in seconds.
    package func histogram(_ name: String, help: String, bounds: [Double] = Histogram.latencyBounds) -> Histogram {
        histogram(name, help: help, labels: [], bounds: bounds).with()
    }

    /// A histogram for each set of label values. Bounds default to those of short work in seconds.
    package func histogram(
        _ name: String,
        help: String,
        labels: [String],
        bounds: [Double] = Histogram.latencyBounds
    ) -> MetricFamily<Histogram> {
        family(MetricHeader(name: name, type: .histogram, help: help, labels: labels)) { Histogram(bounds: bounds) }
    }

    /// A metric whose values are read when they are asked for; no values, no metric. `read` must not block.
    package func sampled(
        _ name: String,
        type: MetricType,
        help: String,
        labels: [String] = [],
        read: @escaping @Sendable () -> [MetricSample]
    ) {
        precondition(type != .histogram, "\(name): a histogram cannot be sampled")
        let header = MetricHeader(name: name, type: type, help: help, labels: labels)
        add(SampledMetric(header, seriesMax: limits.seriesMax, read: read))
    }

    /// Everything in Prometheus' text format, by name.
    package func text() -> [UInt8] {
        let all = sources.withLock { Array($0.values) }.sorted { $0.header.name < $1.header.name }
        var text = PrometheusText()
        for source in all { source.write(to: &text) }
        return text.bytes
    }

    private func family<Series: Metric>(
        _ header: MetricHeader,
        make: @escaping @Sendable () -> Series
    ) -> MetricFamily<Series> {
        let taken = add(MetricFamily(header, limits: limits, make: make))
        guard let family = taken as? MetricFamily<Series> else {
            preconditionFailure("\(header.name) is sampled elsewhere")
        }
        return family
    }

    /// The source under this one's name: itself, or the one that was there before.
    @discardableResult
    private func add(_ new: any MetricSource) -> any MetricSource {
        let taken = sources.withLock { sources in
            if let old = sources[new.header.name] { return old }
            sources[new.header.name] = new
            return new
        }
        precondition(taken.header == new.header, "\(new.header.name) exists with other labels, type or help")
        return taken
    }
}

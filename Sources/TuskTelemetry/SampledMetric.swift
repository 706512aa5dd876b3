/// A value of a metric that is read when it is asked for.
package struct MetricSample: Sendable, Equatable {
    /// The values of the metric's labels, in their order.
    package let labels: [String]
    package let value: Double

    /// A value for these label values.
    package init(_ value: Double, labels: [String] = []) {
        self.labels = labels
        self.value = value
    }
}

/// A metric without memory: its samples come from a closure each time.
final class SampledMetric: MetricSource {
    let header: MetricHeader
    private let seriesMax: Int
    private let read: @Sendable () -> [MetricSample]

    init(_ header: MetricHeader, seriesMax: Int, read: @escaping @Sendable () -> [MetricSample]) {
        self.header = header
        self.seriesMax = seriesMax
        self.read = read
    }

    func write(to text: inout PrometheusText) {
        // The first of each label set counts, as a scrape with a series twice is refused as a whole.
        var written = Set<[String]>()
        for sample in read().prefix(seriesMax) where written.insert(sample.labels).inserted {
            precondition(sample.labels.count == header.labels.count, "\(header.name) has the labels \(header.labels)")
            if written.count == 1 { text.header(header) }
            text.sample(header.name, PrometheusText.pairs(header.labels, sample.labels), sample.value)
        }
    }
}

import Synchronization

/// How many observed values lie below each of a few fixed bounds, and their sum.
///
/// An observation is one atomic addition to its bucket and one to the sum. The buckets are added up when they are
/// written, so the total always equals the `+Inf` bucket even while others observe.
package final class Histogram: Metric {
    package static let type = MetricType.histogram

    /// Upper bounds in seconds for short work: requests, statements, claims. From the advice that OpenTelemetry's
    /// semantic conventions give for `http.server.request.duration`.
    package static let latencyBounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]

    /// Upper bounds in seconds for work that may take minutes: handlers, waits in a queue.
    package static let runtimeBounds = latencyBounds + [30, 60, 300, 1800]

    /// Upper bounds for numbers of jobs in a batch.
    package static let batchBounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

    private let bounds: [Double]
    /// One more than the bounds: the last is for values above all of them.
    private let buckets: [Counter]
    private let sum = AtomicNumber()

    /// An empty histogram; `bounds` rise strictly and are finite.
    package init(bounds: [Double]) {
        precondition(!bounds.isEmpty && bounds.allSatisfy(\.isFinite), "histogram bounds must be finite numbers")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "histogram bounds must rise")
        self.bounds = bounds
        self.buckets = (0...bounds.count).map { _ in Counter() }
    }

    /// Counts `value`, `times` over. Not-a-number would spoil the sum for good and is left out.
    package func observe(_ value: Double, times: Int = 1) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        buckets[bucket].add(times)
        sum.add(value * Double(times))
    }

    /// Counts a time in seconds.
    package func observe(_ duration: Duration) {
        let parts = duration.components
        observe(Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }

    package func write(name: String, labels: String, to text: inout PrometheusText) {
        let separator = labels.isEmpty ? "" : ","
        var below: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            below += bucket.value
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            text.sample("\(name)_bucket", "\(labels)\(separator)le=\"\(bound)\"", below)
        }
        text.sample("\(name)_sum", labels, sum.load())
        text.sample("\(name)_count", labels, below)
    }
}

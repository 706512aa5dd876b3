/// One time series, or the few that make up a histogram: what a handle of a `MetricFamily` points to.
///
/// A caller resolves its labels once and keeps the handle; counting afterwards is an atomic addition without a lock.
package protocol Metric: AnyObject, Sendable {
    /// What Prometheus calls this kind of metric.
    static var type: MetricType { get }

    /// Writes the present value; `labels` are the rendered pairs without braces, empty for none.
    func write(name: String, labels: String, to text: inout PrometheusText)
}

/// The type of a metric as the `# TYPE` line says it.
package enum MetricType: String, Sendable {
    case counter
    case gauge
    case histogram
}

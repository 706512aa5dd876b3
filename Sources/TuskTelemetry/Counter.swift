import Synchronization

/// A number that only grows while the process lives.
package final class Counter: Metric {
    package static let type = MetricType.counter

    private let count = Atomic<UInt64>(0)

    /// A counter at zero.
    package init() {}

    /// Adds one.
    package func increment() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// Adds `amount`; a counter never falls.
    package func add(_ amount: Int) {
        precondition(amount >= 0, "a counter cannot fall by \(amount)")
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// The count so far.
    package var value: UInt64 { count.load(ordering: .relaxed) }

    package func write(name: String, labels: String, to text: inout PrometheusText) {
        text.sample(name, labels, value)
    }
}

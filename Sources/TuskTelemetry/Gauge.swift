import Synchronization

/// A number that rises and falls.
package final class Gauge: Metric {
    package static let type = MetricType.gauge

    private let number = AtomicNumber()

    /// A gauge at zero.
    package init() {}

    /// Replaces the value.
    package func set(_ value: Double) {
        number.store(value)
    }

    /// Replaces the value by 1 or 0.
    package func set(_ isOn: Bool) {
        number.store(isOn ? 1 : 0)
    }

    /// Adds `amount`, which may be negative.
    package func add(_ amount: Double) {
        number.add(amount)
    }

    /// The present value.
    package var value: Double { number.load() }

    package func write(name: String, labels: String, to text: inout PrometheusText) {
        text.sample(name, labels, value)
    }
}

/// A floating-point number several threads add to.
final class AtomicNumber: Sendable {
    private let bits = Atomic<UInt64>(0)

    func load() -> Double {
        Double(bitPattern: bits.load(ordering: .relaxed))
    }

    func store(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let wanted = (Double(bitPattern: seen) + amount).bitPattern
            let answer = bits.weakCompareExchange(expected: seen, desired: wanted, ordering: .relaxed)
            if answer.exchanged { return }
            seen = answer.original
        }
    }
}

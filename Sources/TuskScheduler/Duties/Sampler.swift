import Synchronization
import TuskStore
import TuskTelemetry

/// Notes how much waits in each queue, for the charts and for metrics.
struct Sampler: Duty {
    static let name = "sampler"

    private let context: DutyContext
    private let depths = QueueDepths()

    init(_ context: DutyContext) {
        self.context = context
        depths.show(in: context.metrics, while: { [leadership = context.leadership] in leadership.isLeader })
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        _ = try session.sampleQueues()
        depths.note(try session.depths())
        return context.configuration.sampleInterval
    }
}

/// What the last sample found, for metrics of the whole database; shown by the leader alone, or each would be counted
/// once for each scheduler.
private final class QueueDepths: Sendable {
    private let depths = Mutex<[String: QueueDepth]>([:])

    /// Keeps a sample. A queue that was seen before and holds nothing now counts as empty.
    func note(_ found: [QueueDepth]) {
        depths.withLock { depths in
            depths = depths.mapValues { QueueDepth(queue: $0.queue, available: 0, oldestWait: .zero) }
            for depth in found { depths[depth.queue] = depth }
        }
    }

    func show(in metrics: MetricsRegistry, while isShown: @escaping @Sendable () -> Bool) {
        metrics.sampled(
            "tusk_queue_jobs",
            type: .gauge,
            help: "Jobs that waited in a queue: the most of the present minute, counted up to 10000.",
            labels: ["queue", "state"]
        ) { [self] in
            samples(isShown) { MetricSample(Double($0.available), labels: [$0.queue, "available"]) }
        }
        metrics.sampled(
            "tusk_queue_oldest_available_age_seconds",
            type: .gauge,
            help: "How long the first job of a queue had waited: the longest of the present minute.",
            labels: ["queue"]
        ) { [self] in
            samples(isShown) { MetricSample($0.oldestWait / .seconds(1), labels: [$0.queue]) }
        }
    }

    private func samples(_ isShown: () -> Bool, _ sample: (QueueDepth) -> MetricSample) -> [MetricSample] {
        guard isShown() else { return [] }
        return depths.withLock { $0.values.sorted { $0.queue < $1.queue } }.map(sample)
    }
}

import Dispatch
import TuskCore
import TuskStore
import TuskTelemetry

/// A duty's loop, whatever the duty.
protocol DutyRunner: Sendable {
    func start()
    func wake()
    func stop(vanishing: Bool)
    func join(until deadline: DispatchTime) -> Bool
}

/// What all duties of a scheduler share.
struct DutyContext: Sendable {
    let store: Store
    let configuration: SchedulerConfiguration
    let leadership: Leadership
    let logger: Logger
    let metrics: MetricsRegistry
    /// Tells workers that these queues have new jobs; returns at once.
    let wake: @Sendable ([QueueName]) -> Void

    /// The same for names as the database has them.
    func wake(queues: [String]) {
        let names = queues.compactMap { QueueName($0) }
        if !names.isEmpty { wake(names) }
    }
}

/// What is counted of every duty.
struct DutyMetrics: Sendable {
    let failures: Counter
    private let duration: Histogram
    private let lastSuccess: Gauge

    init(_ duty: String, _ registry: MetricsRegistry) {
        failures = registry.counter(
            "tusk_maintenance_failures_total",
            help: "Rounds of a scheduler's duty that failed.",
            labels: ["task"]
        ).with(duty)
        duration = registry.histogram(
            "tusk_maintenance_duration_seconds",
            help: "How long a round of a scheduler's duty took.",
            labels: ["task"]
        ).with(duty)
        lastSuccess = registry.gauge(
            "tusk_maintenance_last_success_timestamp_seconds",
            help: "When a round of a scheduler's duty last succeeded, by the clock of this host.",
            labels: ["task"]
        ).with(duty)
    }

    func noteSuccess(_ time: Duration) {
        duration.observe(time)
        lastSuccess.set(Double(WallClock.now()) / 1e6)
    }

    /// Counts what a duty has done, in rows or jobs.
    static func rows(_ duty: String, _ registry: MetricsRegistry) -> Counter {
        registry.counter(
            "tusk_maintenance_rows_total",
            help: "What a scheduler's duty has moved, made or removed.",
            labels: ["task"]
        ).with(duty)
    }
}

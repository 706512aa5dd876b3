import Synchronization
import TuskStore
import TuskTelemetry

/// What a worker counts. Names and labels are those of the documentation of metrics.
///
/// Slots and claims serve all queues of a process together, so their metrics have no label.
final class WorkerMetrics: Sendable {
    private let claimed: MetricFamily<Counter>
    private let finished: MetricFamily<Counter>
    private let waits: MetricFamily<Histogram>
    private let durations: MetricFamily<Histogram>
    private let attempts: MetricFamily<Histogram>
    private let timeouts: MetricFamily<Counter>
    private let claimDuration: Histogram
    private let claimBatch: Histogram
    private let emptyClaims: Counter
    private let settleBatch: Histogram
    private let fallbackPolls: Counter
    private let databaseErrors: MetricFamily<Counter>

    /// What is counted for the charts.
    let minutes = MinuteTally()

    /// Signals that arrived for a queue of this worker.
    let signals: Counter

    /// Upper bounds for attempts used.
    private static let attemptBounds: [Double] = [1, 2, 3, 5, 10, 20, 50, 100, 1000]

    /// Metrics in a registry that other parts of the process may share.
    init(_ registry: MetricsRegistry) {
        claimed = registry.counter(
            "tusk_jobs_claimed_total",
            help: "Jobs that this process took ownership of.",
            labels: ["queue"]
        )
        finished = registry.counter(
            "tusk_jobs_finished_total",
            help: "Attempts that ended, by what became of the job.",
            labels: ["queue", "kind", "outcome"]
        )
        waits = registry.histogram(
            "tusk_job_wait_seconds",
            help: "Time from when a job could run until it was claimed.",
            labels: ["queue"],
            bounds: Histogram.runtimeBounds
        )
        durations = registry.histogram(
            "tusk_job_duration_seconds",
            help: "Time that handlers took for an attempt.",
            labels: ["queue", "kind"],
            bounds: Histogram.runtimeBounds
        )
        attempts = registry.histogram(
            "tusk_job_attempts",
            help: "Attempts a job had used when it ended.",
            labels: ["kind"],
            bounds: Self.attemptBounds
        )
        timeouts = registry.counter(
            "tusk_job_timeouts_total",
            help: "Attempts whose time was over.",
            labels: ["queue", "kind"]
        )
        claimDuration = registry.histogram("tusk_claim_duration_seconds", help: "Time that claims took.")
        claimBatch = registry.histogram(
            "tusk_claim_batch_jobs",
            help: "Jobs that a claim gave, when it gave any.",
            bounds: Histogram.batchBounds
        )
        emptyClaims = registry.counter("tusk_claim_empty_total", help: "Claims that gave no job.")
        settleBatch = registry.histogram(
            "tusk_complete_batch_jobs",
            help: "Jobs whose ends were written back together.",
            bounds: Histogram.batchBounds
        )
        signals = registry.counter("tusk_notify_received_total", help: "Signals of new jobs that arrived.")
        fallbackPolls = registry.counter(
            "tusk_notify_fallback_polls_total",
            help: "Claims made while signals did not arrive."
        )
        databaseErrors = registry.counter(
            "tusk_db_errors_total",
            help: "Calls of the database that failed, by the first two characters of the SQLSTATE.",
            labels: ["sqlstate_class"]
        )
    }

    /// Shows how many slots there are and how many are busy, whenever somebody asks.
    static func sampleSlots(_ registry: MetricsRegistry, _ read: @escaping @Sendable () -> (all: Int, busy: Int)) {
        registry.sampled("tusk_worker_slots", type: .gauge, help: "Places for running jobs.") {
            [MetricSample(Double(read().all))]
        }
        registry.sampled("tusk_worker_slots_busy", type: .gauge, help: "Slots that run a job.") {
            [MetricSample(Double(read().busy))]
        }
    }

    /// A claim has come back.
    func claimed(_ jobs: [ClaimedJob], in time: Duration, isListening: Bool) {
        claimDuration.observe(time)
        if !isListening { fallbackPolls.increment() }
        guard !jobs.isEmpty else { return emptyClaims.increment() }
        claimBatch.observe(Double(jobs.count))
        var series: (queue: QueueName, claimed: Counter, wait: Histogram)?
        var tally = QueueTally()
        for job in jobs {
            // Neighbours are mostly of one queue; looking its series up takes a lock.
            if series?.queue != job.queue {
                if let queue = series?.queue { minutes.add(tally, to: queue) }
                tally = QueueTally()
                series = (job.queue, claimed.with(job.queue.text), waits.with(job.queue.text))
            }
            series?.claimed.increment()
            series?.wait.observe(job.waited)
            tally.claimed(after: job.waited)
        }
        if let queue = series?.queue { minutes.add(tally, to: queue) }
    }

    /// A batch has been judged.
    func settled(_ batch: [Settlement], _ statuses: [SettleStatus]) {
        settleBatch.observe(Double(batch.count))
        var series: Series?
        var tally = QueueTally()
        for (settlement, status) in zip(batch, statuses) {
            guard let outcome = Self.outcome(settlement.verdict, status) else { continue }
            let (queue, kind) = (settlement.job.queue, settlement.job.kind)
            if let former = series?.queue, former != queue {
                minutes.add(tally, to: former)
                tally = QueueTally()
            }
            if series?.queue != queue || series?.kind != kind || series?.outcome != outcome {
                series = Series(
                    queue: queue,
                    kind: kind,
                    outcome: outcome,
                    finished: finished.with(queue.text, kind.text, outcome),
                    duration: durations.with(queue.text, kind.text),
                    attempts: attempts.with(kind.text)
                )
            }
            series?.finished.increment()
            if let duration = settlement.duration {
                series?.duration.observe(duration)
                tally.ran(for: duration)
            }
            switch status {
            case .leaseLost: break
            case .cancelled: tally.settled(.cancel)
            case .accepted, .acceptedBefore: tally.settled(settlement.verdict)
            }
            if settlement.isTimeout { timeouts.with(queue.text, kind.text).increment() }
            if Self.finalOutcomes.contains(outcome) { series?.attempts.observe(Double(settlement.job.attempt)) }
        }
        if let queue = series?.queue { minutes.add(tally, to: queue) }
    }

    /// A call failed.
    func failed(_ error: StoreError) {
        guard case .database(let fault) = error else { return }
        databaseErrors.with(String(fault.sqlState.prefix(2))).increment()
    }

    private struct Series {
        let queue: QueueName
        let kind: Kind
        let outcome: String
        let finished: Counter
        let duration: Histogram
        let attempts: Histogram
    }

    private static let finalOutcomes: Set<String> = ["completed", "discarded", "cancelled"]

    /// What became of the job, in the words of the label; nil: it went back as it came.
    static func outcome(_ verdict: Verdict, _ status: SettleStatus) -> String? {
        switch status {
        case .leaseLost: return "lost"
        case .cancelled: return "cancelled"
        case .accepted, .acceptedBefore: break
        }
        return switch verdict {
        case .complete: "completed"
        case .discard: "discarded"
        case .cancel: "cancelled"
        case .retry: "retry"
        case .snooze: "snoozed"
        case .giveBack: nil
        }
    }
}

import Synchronization
import TuskCore
import TuskHTTP
import TuskStore
import TuskTelemetry

/// What the API counts.
final class APIMetrics: Sendable {
    let requestsInFlight: Gauge
    private let requests: MetricFamily<Counter>
    private let durations: MetricFamily<Histogram>
    private let enqueued: MetricFamily<Counter>
    private let deduplicated: MetricFamily<Counter>
    private let batchJobs: Histogram
    private let databaseErrors: MetricFamily<Counter>
    private let refusals: MetricFamily<Counter>
    private let claimed: Counter
    private let settled: MetricFamily<Counter>
    /// The series of requests, so that counting one does not build its labels.
    private let series = Mutex<[Answered: Series]>([:])

    private struct Answered: Hashable {
        let method: HTTPMethod?
        let route: String?
        let status: Int
    }

    private struct Series {
        let count: Counter
        let duration: Histogram
    }

    init(_ registry: MetricsRegistry) {
        requests = registry.counter(
            "tusk_http_requests_total",
            help: "Requests answered, by method, route and status.",
            labels: ["method", "route", "code"]
        )
        durations = registry.histogram(
            "tusk_http_request_duration_seconds",
            help: "From the complete head of a request to the end of its answer, in seconds.",
            labels: ["method", "route", "code"]
        )
        requestsInFlight = registry.gauge(
            "tusk_http_requests_in_flight",
            help: "Requests that were let in and are not answered yet."
        )
        enqueued = registry.counter(
            "tusk_jobs_enqueued_total",
            help: "Jobs enqueued by this process.",
            labels: ["queue", "kind", "source"]
        )
        deduplicated = registry.counter(
            "tusk_jobs_deduplicated_total",
            help: "Jobs not enqueued again because their idempotency key was known.",
            labels: ["queue", "kind"]
        )
        batchJobs = registry.histogram(
            "tusk_enqueue_batch_jobs",
            help: "Jobs that single enqueues put into one statement.",
            bounds: Histogram.batchBounds
        )
        databaseErrors = registry.counter(
            "tusk_db_errors_total",
            help: "Calls of the database that failed, by the first two characters of the SQLSTATE.",
            labels: ["sqlstate_class"]
        )
        refusals = registry.counter(
            "tusk_http_auth_failures_total",
            help: "Requests refused for their credentials, by the name of the problem.",
            labels: ["problem"]
        )
        claimed = registry.counter("tusk_http_jobs_claimed_total", help: "Jobs given to clients over HTTP.")
        settled = registry.counter(
            "tusk_http_jobs_settled_total",
            help: "Outcomes told over HTTP, by the state of the job after them; lost: the lease was lost.",
            labels: ["state"]
        )
    }

    /// Counts jobs that a client got.
    func noteClaimed(_ count: Int) {
        claimed.add(count)
    }

    /// Counts outcomes that a client told.
    func noteSettled(_ states: [JobState?]) {
        for state in states { settled.with([state?.rawValue ?? "lost"]).increment() }
    }

    /// Counts a finished request; called on the server's thread.
    func note(_ observation: HTTPObservation) {
        let answered = Answered(method: observation.method, route: observation.route, status: observation.status)
        let series = series.withLock { known in
            if let series = known[answered] { return series }
            let labels = [answered.method?.rawValue ?? "none", answered.route ?? "none", String(answered.status)]
            let series = Series(count: requests.with(labels), duration: durations.with(labels))
            known[answered] = series
            return series
        }
        series.count.increment()
        series.duration.observe(Double(observation.nanoseconds) / 1e9)
    }

    /// Counts jobs of requests that were accepted.
    func noteEnqueued(_ counts: [JobLabels: Int]) {
        for (labels, count) in counts { enqueued.with(labels.queue, labels.kind, "http").add(count) }
    }

    /// Counts jobs of requests that were answered as before.
    func noteDeduplicated(_ counts: [JobLabels: Int]) {
        for (labels, count) in counts { deduplicated.with(labels.queue, labels.kind).add(count) }
    }

    /// Counts a batch of single enqueues.
    func noteBatch(jobs: Int) {
        batchJobs.observe(Double(jobs))
    }

    /// Counts a failed call of the database.
    func note(_ error: StoreError) {
        switch error {
        case .database(let fault): databaseErrors.with(String(fault.sqlState.prefix(2))).increment()
        case .schema, .restored, .unreadable: databaseErrors.with("none").increment()
        }
    }

    /// Counts a request refused for its credentials.
    func noteRefusal(_ problem: Problem) {
        refusals.with(problem.name).increment()
    }
}

/// What jobs are counted by.
struct JobLabels: Hashable, Sendable {
    let queue: String
    let kind: String
}

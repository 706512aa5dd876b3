/// The code for one kind of job.
///
/// `perform` runs on a slot of its own: it may block or compute for as long as its timeout allows without holding up
/// other jobs, heartbeats or settling. Child tasks share the slot's thread. It is called at least once for each job;
/// see the job's id and lease for keeping outside effects from happening twice.
public protocol JobHandler: Sendable {
    /// The handler's input, decoded from the job's args.
    associatedtype Args: Codable & Sendable

    /// Which jobs it runs. One worker has one handler for a kind.
    static var kind: Kind { get }

    /// How its jobs are retried and how long they may take. Defaults to `.standard`.
    static var policy: HandlerPolicy { get }

    /// Does the work of one job.
    ///
    /// Returning completes the job. Throwing a `JobDirective` says what becomes of it; any other error costs an attempt
    /// and the job is retried by its policy. A handler that was told to stop should throw: what it returns then counts
    /// as not done, and the job runs again.
    func perform(_ args: Args, _ context: JobContext) async throws
}

extension JobHandler {
    /// Retries by `RetryPolicy.standard`, 30 minutes for an attempt, leases shared with other jobs.
    public static var policy: HandlerPolicy { .standard }
}

/// What a handler says about all its jobs; a job's own fields come first.
public struct HandlerPolicy: Sendable, Hashable {
    /// How long a failed job waits for its next attempt. Defaults to `RetryPolicy.standard`.
    public var retry: RetryPolicy
    /// How long one attempt may take. Defaults to 30 minutes.
    public var timeout: Duration
    /// Whether the handler completes its jobs in transactions of its own, with `tusk.complete`; such jobs get a lease
    /// each, so that nothing else waits for them. Defaults to false.
    public var isTransactional: Bool

    /// A policy with defaults for everything not named.
    public init(
        retry: RetryPolicy = .standard,
        timeout: Duration = .seconds(1800),
        isTransactional: Bool = false
    ) {
        self.retry = retry
        self.timeout = timeout
        self.isTransactional = isTransactional
    }

    /// All defaults.
    public static let standard = HandlerPolicy()
}

/// What a handler throws to say what becomes of its job.
public enum JobDirective: Error, Sendable, Hashable {
    /// It failed; the next attempt, if one is left, comes after this delay.
    case retry(after: Duration, reason: String)
    /// The resource that it needs is not there. If one of the job's keys has a breaker, or the one that is named here,
    /// this counts for it and costs no attempt; otherwise it is a failure. `retryAfter` is for how long the resource
    /// wants to be left alone, a day at most; nil: it does not say.
    case unavailable(reason: String, key: String? = nil, retryAfter: Duration? = nil)
    /// Nothing went wrong, but the job should run later. Costs no attempt.
    case snooze(for: Duration)
    /// The job can never succeed; it ends as discarded.
    case discard(reason: String)
    /// The job is no longer wanted; it ends as cancelled.
    case cancel(reason: String)
}

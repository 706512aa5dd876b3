import TuskStore

/// How one attempt ended, until the database has heard of it.
struct Settlement: Sendable {
    let job: ClaimedJob
    let registration: Registration
    let verdict: Verdict
    /// Nil: it did not start.
    let startedAt: ContinuousClock.Instant?
    /// How long the handler ran.
    let duration: Duration?
    /// One word: why it did not complete.
    let reason: String?
    let error: String?
    let result: JSONText?
    /// Whether the time for the attempt was over.
    let isTimeout: Bool
    /// Whether the job lost a lease before.
    let isAlone: Bool
    /// Whether the handler logged or said how far it is; such reports go before it.
    let hasReported: Bool
    /// Whether the database refused it before, and what the handler wrote was left out.
    var isBare = false

    /// The end of a run; draws the random part of a retry's delay.
    init(_ run: JobRun, _ end: AttemptEnd, told: StopCause?, hasReported: Bool) {
        let job = run.job
        verdict = Transition.verdict(
            for: end,
            attempt: job.attempt,
            maxAttempts: job.maxAttempts,
            retry: Self.retryPolicy(job, end) ?? run.handler.policy.retry,
            random: Double.random(in: 0..<1)
        )
        self.job = job
        registration = run.registration
        startedAt = run.startedAt
        duration = run.startedAt.duration(to: .now)
        isTimeout = end == .timedOut
        isAlone = run.isAlone
        self.hasReported = hasReported
        if case .returned(let result) = end { self.result = result } else { result = nil }
        reason = Self.reason(verdict, end, told)
        error = Self.error(end, limit: run.startedAt.duration(to: run.deadline))
    }

    /// A job that goes back without having been started.
    init(givingBack item: Feed.Item) {
        self.init(unstarted: item, .giveBack)
    }

    /// A job that was cancelled before it was started.
    init(cancelling item: Feed.Item) {
        self.init(unstarted: item, .cancel)
    }

    private init(unstarted item: Feed.Item, _ verdict: Verdict) {
        job = item.job
        registration = item.registration
        self.verdict = verdict
        startedAt = nil
        duration = nil
        reason = verdict == .cancel ? "operator" : nil
        error = nil
        result = nil
        isTimeout = false
        isAlone = item.isAlone
        hasReported = false
    }

    /// The entry to send at this moment.
    func entry(at now: ContinuousClock.Instant) -> SettleEntry {
        SettleEntry(
            job,
            verdict,
            startedAgo: startedAt.map { $0.duration(to: now) },
            reason: reason,
            error: error,
            result: result
        )
    }

    /// The same without what the handler wrote, for a database that refuses it.
    func withoutTexts(_ why: String) -> Settlement {
        Settlement(copying: self, error: why)
    }

    private init(copying other: Settlement, error: String) {
        job = other.job
        registration = other.registration
        verdict = other.verdict
        startedAt = other.startedAt
        duration = other.duration
        reason = other.reason
        self.error = error
        result = nil
        isTimeout = other.isTimeout
        isAlone = other.isAlone
        hasReported = other.hasReported
        isBare = true
    }

    /// The job's own policy, read only when it is needed. One that cannot be read counts as none.
    private static func retryPolicy(_ job: ClaimedJob, _ end: AttemptEnd) -> RetryPolicy? {
        switch end {
        case .failed, .timedOut, .undecodable: break
        case .returned, .retry, .snooze, .discard, .cancel, .givenBack, .leaseLost: return nil
        }
        guard let text = job.retry else { return nil }
        do {
            return try RetryPolicy(json: try JSONDocument(validating: text.bytes, limits: .metadata).root)
        } catch {
            return nil
        }
    }

    /// Why the job did not complete: `attempts`, `handler` or `operator`.
    private static func reason(_ verdict: Verdict, _ end: AttemptEnd, _ told: StopCause?) -> String? {
        switch verdict {
        case .complete, .retry, .snooze, .giveBack: return nil
        case .cancel: return told == .operatorCancel ? "operator" : "handler"
        case .discard:
            if case .discard = end { return "handler" }
            return "attempts"
        }
    }

    private static func error(_ end: AttemptEnd, limit: Duration) -> String? {
        switch end {
        case .failed(let error), .retry(_, let error): error
        case .undecodable(let error): "the handler does not take these args: \(error)"
        case .timedOut: "not done within \(DurationText.print(limit))"
        case .discard(let reason), .cancel(let reason): reason
        case .returned, .snooze, .givenBack, .leaseLost: nil
        }
    }
}

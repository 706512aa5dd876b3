import TuskStore

/// How one attempt ended, until the database has heard of it. A class, because it changes hands several times.
final class Settlement: Sendable {
    private let item: Feed.Item
    let verdict: Verdict
    /// Nil: it did not start.
    let startedAt: ContinuousClock.Instant?
    /// The span of the attempt; nil: there is none.
    let trace: JobTrace?
    /// How long the handler ran.
    let duration: Duration?
    /// One word: why it did not complete.
    let reason: String?
    let error: String?
    let result: JSONText?
    /// Whether the time for the attempt was over.
    let isTimeout: Bool
    /// Whether the handler logged or said how far it is; such reports go before it.
    let hasReported: Bool
    /// Whether the database refused it before, and what the handler wrote was left out.
    let isBare: Bool

    /// The end of a run; draws the random part of a retry's delay.
    init(_ run: JobRun, _ end: AttemptEnd, told: StopCause?, hasReported: Bool) {
        item = run.item
        verdict = Self.verdict(run, end)
        startedAt = run.startedAt
        trace = run.trace
        duration = run.startedAt.duration(to: .now)
        reason = Self.reason(verdict, end, told)
        error = Self.error(end, limit: run.startedAt.duration(to: run.deadline))
        if case .returned(let result) = end { self.result = result } else { result = nil }
        isTimeout = end == .timedOut
        self.hasReported = hasReported
        isBare = false
    }

    /// A job that ends without having been started: given back, or cancelled by an operator.
    private init(unstarted item: Feed.Item, _ verdict: Verdict) {
        self.item = item
        self.verdict = verdict
        startedAt = nil
        trace = nil
        duration = nil
        reason = verdict == .cancel ? "operator" : nil
        error = nil
        result = nil
        isTimeout = false
        hasReported = false
        isBare = false
    }

    /// Another one without what the handler wrote, for a database that refuses it.
    init(bare other: Settlement, error: String) {
        item = other.item
        verdict = other.verdict
        startedAt = other.startedAt
        trace = other.trace
        duration = other.duration
        reason = other.reason
        self.error = error
        result = nil
        isTimeout = other.isTimeout
        hasReported = other.hasReported
        isBare = true
    }

    /// A job that goes back without having been started.
    static func givingBack(_ item: Feed.Item) -> Settlement {
        Settlement(unstarted: item, .giveBack)
    }

    /// A job that was cancelled before it was started.
    static func cancelling(_ item: Feed.Item) -> Settlement {
        Settlement(unstarted: item, .cancel)
    }

    var job: ClaimedJob { item.job }
    var registration: Registration { item.registration }
    /// Whether the job lost a lease before.
    var isAlone: Bool { item.isAlone }

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
}

/// From the end of an attempt to the words of its entry.
extension Settlement {
    private static func verdict(_ run: JobRun, _ end: AttemptEnd) -> Verdict {
        let (job, isFailure) = (run.job, isFailure(end))
        return Transition.verdict(
            for: end,
            attempt: job.attempt,
            maxAttempts: job.maxAttempts,
            retry: (isFailure ? ownRetryPolicy(job) : nil) ?? run.handler.policy.retry,
            // A system call, and most jobs need none.
            random: isFailure ? Double.random(in: 0..<1) : 0
        )
    }

    /// Whether the retry policy says what comes next.
    private static func isFailure(_ end: AttemptEnd) -> Bool {
        switch end {
        case .failed, .timedOut, .undecodable, .unavailable(_, _, _, isHeld: false): true
        case .unavailable, .returned, .retry, .snooze, .discard, .cancel, .givenBack, .leaseLost: false
        }
    }

    /// The job's own policy. One that cannot be read counts as none.
    private static func ownRetryPolicy(_ job: ClaimedJob) -> RetryPolicy? {
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
        case .failed(let error), .retry(_, let error), .unavailable(let error, _, _, _): error
        case .undecodable(let error): "the handler does not take these args: \(error)"
        case .timedOut: "not done within \(DurationText.print(limit))"
        case .discard(let reason), .cancel(let reason): reason
        case .returned, .snooze, .givenBack, .leaseLost: nil
        }
    }
}

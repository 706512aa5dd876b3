/// How an attempt ended, as the worker saw it.
package enum AttemptEnd: Sendable, Hashable {
    /// The handler returned, perhaps with a result.
    case returned(result: JSONText?)
    /// The handler threw.
    case failed(error: String)
    /// The handler failed and named the delay before its next attempt.
    case retry(after: Duration, error: String)
    /// The resource that it needs is not there: of one key, or nil for all that the job counts for. `isHeld`: one of
    /// these has a breaker, so that the job waits for that and loses no attempt; otherwise it failed.
    case unavailable(error: String, key: String?, retryAfter: Duration?, isHeld: Bool)
    /// The handler wants to be called later; nothing went wrong.
    case snooze(after: Duration)
    /// The handler gave the job up.
    case discard(reason: String)
    /// Somebody asked for the job to be cancelled, or the handler found that it is no longer wanted.
    case cancel(reason: String)
    /// The time for one attempt was over.
    case timedOut
    /// The args were not what the handler takes; it was not called.
    case undecodable(error: String)
    /// The worker stops and the job was not finished, or never started.
    case givenBack
    /// The lease was lost while the handler ran; another worker may have the job.
    case leaseLost
}

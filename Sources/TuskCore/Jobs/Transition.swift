/// From the end of an attempt to what becomes of the job.
///
/// ```
///   end of the attempt        attempts left     none left      costs an attempt
///   returned                  complete          complete       yes
///   failed                    retry             discard        yes
///   retry(after)              retry             discard        yes
///   timedOut                  retry             discard        yes
///   undecodable               retry             discard        yes
///   discard                   discard           discard        yes
///   cancel                    cancel            cancel         yes
///   snooze(after)             snooze            snooze         no
///   givenBack                 giveBack          giveBack       no
///   leaseLost                 giveBack          giveBack       no
/// ```
///
/// A worker that cannot renew takes its leases for lost before the database does: a give-back of one that nobody took
/// meanwhile is accepted and costs nothing; of any other it changes nothing, for the row belongs to a newer lease.
package enum Transition {
    /// The line of the table.
    ///
    /// - Parameters:
    ///   - end: How the attempt ended.
    ///   - attempt: The number of this attempt, from 1.
    ///   - maxAttempts: How many attempts may fail.
    ///   - retry: How long to wait before the next attempt, when the handler does not say.
    ///   - random: From 0 up to but not including 1; the caller draws it, so that this stays a pure function.
    /// - Returns: what becomes of the job; delays are from zero to `RetryPolicy.delayMax`.
    package static func verdict(
        for end: AttemptEnd,
        attempt: Int,
        maxAttempts: Int,
        retry: RetryPolicy,
        random: Double
    ) -> Verdict {
        switch end {
        case .returned:
            return .complete
        case .failed, .timedOut, .undecodable:
            guard attempt < maxAttempts else { return .discard }
            return .retry(after: retry.delay(afterAttempt: attempt, random: random))
        case .retry(let delay, _):
            guard attempt < maxAttempts else { return .discard }
            return .retry(after: bounded(delay))
        case .unavailable(_, _, _, isHeld: true):
            return .snooze(after: heldDelay)
        case .unavailable(_, _, let delay, isHeld: false):
            guard attempt < maxAttempts else { return .discard }
            return .retry(after: delay.map(bounded) ?? retry.delay(afterAttempt: attempt, random: random))
        case .snooze(let delay):
            return .snooze(after: bounded(delay))
        case .discard:
            return .discard
        case .cancel:
            return .cancel
        case .givenBack, .leaseLost:
            return .giveBack
        }
    }

    /// How soon a job whose resource is unavailable comes back; while the breaker is open it waits for that then.
    package static let heldDelay = Duration.seconds(1)

    /// Handlers may compute any delay; the database keeps those from zero to `RetryPolicy.delayMax`.
    private static func bounded(_ delay: Duration) -> Duration {
        min(max(delay, .zero), RetryPolicy.delayMax)
    }
}

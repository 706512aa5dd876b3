/// What becomes of a job after an attempt.
package enum Verdict: Sendable, Hashable {
    /// It is done.
    case complete
    /// It ends without success.
    case discard
    /// It ends because somebody said so.
    case cancel
    /// It failed and gets another attempt this much later.
    case retry(after: Duration)
    /// It is put off by this much.
    case snooze(after: Duration)
    /// It goes back as it came.
    case giveBack

    /// Whether the attempt is one of `maxAttempts`; otherwise the job goes back with one attempt fewer.
    package var countsAttempt: Bool {
        switch self {
        case .complete, .discard, .cancel, .retry: true
        case .snooze, .giveBack: false
        }
    }

    /// The state the job is in afterwards.
    package var state: JobState {
        switch self {
        case .complete: .completed
        case .discard: .discarded
        case .cancel: .cancelled
        case .retry, .snooze: .retryable
        case .giveBack: .available
        }
    }
}

/// Where a job is in its life. A job is in exactly one state; the three last are final.
///
/// ```
///               +-----------+   due    +-----------+  claim   +---------+  settle   +-----------+
///  enqueue ---> | scheduled | -------> | available | -------> | running | --------> | completed |
///               +-----------+          +-----------+          +---------+           | cancelled |
///               | retryable | -------/    ^     |              |   |                | discarded |
///               +-----------+ <-----------|-----|--------------+   |                +-----------+
///                     retry, snooze       |     v                  | give back, rescue
///                                       +---------+                |
///                                       | blocked |                +--> available
///                                       +---------+
/// ```
public enum JobState: String, Sendable, Hashable, CaseIterable {
    /// Waits for its time.
    case scheduled
    /// May be claimed now.
    case available
    /// A worker holds its lease.
    case running
    /// Failed or snoozed, and waits for its next attempt.
    case retryable
    /// Set aside: something named holds it back.
    case blocked
    /// Ended well.
    case completed
    /// Ended because somebody said so.
    case cancelled
    /// Ended for good without success: attempts, crash budget or deadline used up, or the handler gave up.
    case discarded

    /// Whether nothing comes after this state.
    public var isFinal: Bool {
        switch self {
        case .completed, .cancelled, .discarded: true
        case .scheduled, .available, .running, .retryable, .blocked: false
        }
    }
}

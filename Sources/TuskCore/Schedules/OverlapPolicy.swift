/// What a tick of a schedule does while the job of the last tick that fired still waits or runs.
public enum OverlapPolicy: String, Sendable, Hashable, CaseIterable {
    /// It fires. The default.
    case allow
    /// It is skipped.
    case skip
    /// It waits until that job has ended; while one waits, further ones are skipped.
    case queueOne = "queue_one"
    /// That job is cancelled if it waits, or told to stop if it runs, and the tick fires.
    case cancelPrevious = "cancel_previous"
}

/// A time by which something is to happen to a job, by the database's clock.
public enum JobDeadline: Sendable, Hashable {
    /// By this moment, which must be after the job's run time. The years 2000 to 2200.
    case at(Timestamp)
    /// This long after it is enqueued or due, whichever is later: 1 s to ten years.
    case within(Duration)
}

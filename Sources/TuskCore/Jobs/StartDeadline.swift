/// By when a job's first attempt must have been claimed, by the database's clock; a job that is late is discarded.
public enum StartDeadline: Sendable, Hashable {
    /// By this moment, which must be after the job's run time. The years 2000 to 2200.
    case at(Timestamp)
    /// This long after it is enqueued or due, whichever is later: 1 s to ten years.
    case within(Duration)
}

/// When a job may run for the first time.
public enum RunTime: Sendable, Hashable {
    /// At once.
    case now
    /// At this moment by the database's clock, or at once when it has passed. The years 2000 to 2200.
    case at(Timestamp)
    /// This long after the enqueue, by the database's clock. From zero to ten years.
    case after(Duration)
}

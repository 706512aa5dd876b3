/// When to look again for jobs that wait for tokens of a rate.
///
/// A worker whose claim came upon a rate looks after its key until nobody waits there: whoever takes the tokens that
/// come knows first when there will be more.
struct RateWatch: Sendable {
    typealias Instant = ContinuousClock.Instant

    private var keys: Set<String> = []
    private var lookAt: Instant?

    /// The keys to look at, when it is time; they are watched no more.
    mutating func takeDue(at now: Instant) -> [String] {
        guard let lookAt, lookAt <= now else { return [] }
        defer { self = RateWatch() }
        return keys.sorted()
    }

    /// Watches keys, to be looked at so much later at most.
    mutating func watch(_ more: [String], in time: Duration, at now: Instant) {
        keys.formUnion(more)
        lookAt = min(lookAt ?? now + time, now + time)
    }

    /// The time to wait when nothing else is to be done for `time`.
    func wait(atMost time: Duration, at now: Instant) -> Duration {
        guard let lookAt else { return time }
        return max(.zero, min(time, now.duration(to: lookAt)))
    }
}

/// How long to wait after failures in a row. Pure.
struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    /// Failures since the last success.
    private(set) var failures = 0

    init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }

    /// The next wait: twice the one before, with up to half of it taken off by `random` in 0..<1, so that schedulers
    /// that failed together do not come back together.
    mutating func next(random: Double) -> Duration {
        // 20 doublings of a millisecond are a quarter of an hour: past every limit that makes sense.
        let wait = min(longest, first * (1 << min(failures, 20)))
        failures += 1
        return wait * (1 - random / 2)
    }

    /// Notes a success. Returns how many failures it ended.
    mutating func reset() -> Int {
        defer { failures = 0 }
        return failures
    }
}

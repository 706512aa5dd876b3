/// How long to wait after failures in a row: doubling up to a limit, with a random part so that processes that failed
/// together do not come back together.
struct Backoff: Sendable {
    let least: Duration
    let most: Duration
    private(set) var failures = 0

    /// Starts at `least` and doubles up to `most`.
    init(from least: Duration, to most: Duration) {
        self.least = least
        self.most = most
    }

    /// The wait after one more failure; from half to all of its step. `random` is from 0 up to 1.
    mutating func next(random: Double) -> Duration {
        let step = min(least * (1 << min(failures, 20)), most)
        failures += 1
        return step * (0.5 + random / 2)
    }

    /// The next failure is the first again.
    mutating func reset() {
        failures = 0
    }
}

/// How fast the slots are, measured over about the last second. Pure.
///
/// The time that slots were busy, divided by the runs that ended in it. Runs that still go on count with their time so
/// far, so a worker whose slots are all held by long jobs is known to be slow before the first of them ends.
struct SlotSpeed: Sendable {
    /// What is this old counts for little more than a third.
    private static let memorySeconds = 1.0

    private var runs = 0.0
    private var busySeconds = 0.0
    private var lastRuns = 0
    private var lastBusyTime = Duration.zero
    private var lastAt: ContinuousClock.Instant?

    /// Nothing measured yet.
    init() {}

    /// Takes the totals since the start at this moment.
    mutating func measure(runs totalRuns: Int, busyTime: Duration, at now: ContinuousClock.Instant) {
        if let lastAt {
            let keep = Self.decay(lastAt.duration(to: now) / .seconds(1))
            runs = runs * keep + Double(totalRuns - lastRuns)
            busySeconds = max(0, busySeconds * keep + (busyTime - lastBusyTime) / .seconds(1))
        }
        (lastRuns, lastBusyTime, lastAt) = (totalRuns, busyTime, now)
    }

    /// How long a job takes; nil while nothing ended lately.
    var secondsPerJob: Double? { runs > 0.001 ? max(busySeconds / runs, 1e-9) : nil }

    /// How many jobs so many slots end in this time; nil while nothing ended lately.
    func jobs(of slots: Int, in time: Duration) -> Int? {
        guard let secondsPerJob else { return nil }
        return Int(min(Double(slots) * (time / .seconds(1)) / secondsPerJob, 1_000_000))
    }

    /// 1 / (1 + x) instead of an exponential: close enough, and without a mathematics library.
    private static func decay(_ seconds: Double) -> Double {
        1 / (1 + max(0, seconds) / memorySeconds)
    }
}

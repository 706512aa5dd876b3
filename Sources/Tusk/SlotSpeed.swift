/// How fast the slots are, measured over about the last second. Pure.
///
/// The time that slots were busy, divided by the runs that ended in it. Runs that still go on count with their time so
/// far, so a worker whose slots are all held by long jobs is known to be slow before the first of them ends.
struct SlotSpeed: Sendable {
    /// What is this old counts for little more than a third.
    private static let memorySeconds = 1.0

    private var runs = 0.0
    private var busySeconds = 0.0
    private var slowRuns = 0.0
    private var quickSeconds = 0.0
    private var last = Slots.Work()
    private var lastAt: ContinuousClock.Instant?

    /// Nothing measured yet.
    init() {}

    /// Takes the totals since the start at this moment.
    mutating func measure(_ total: Slots.Work, at now: ContinuousClock.Instant) {
        if let lastAt {
            let keep = Self.decay(lastAt.duration(to: now) / .seconds(1))
            runs = runs * keep + Double(total.runs - last.runs)
            busySeconds = max(0, busySeconds * keep + (total.busyTime - last.busyTime) / .seconds(1))
            slowRuns = slowRuns * keep + Double(total.slowRuns - last.slowRuns)
            quickSeconds = quickSeconds * keep + (total.quickTime - last.quickTime) / .seconds(1)
        }
        (last, lastAt) = (total, now)
    }

    /// How long a typical job takes, for deciding how many slots are worth waking; nil while nothing ended lately. When
    /// nine of ten are quick, only those count: on a busy machine a quick job takes long when its thread has to wait,
    /// and waking more slots would make more of them wait.
    var secondsPerTypicalJob: Double? {
        guard let secondsPerJob else { return nil }
        return slowRuns < runs / 10 ? max(quickSeconds / (runs - slowRuns), 1e-9) : secondsPerJob
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

import TuskStore

/// What the claim loop does next. Pure: no clock, no session.
///
/// It claims when slots want jobs and there is reason to think that some wait: the last claim was cut off by its limit,
/// a signal came, or it is time to poll. The poll interval doubles from the shortest to the longest while nothing is
/// found.
struct ClaimState: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to do at a moment.
    enum Step: Equatable, Sendable {
        case claim(jobs: Int)
        case claimAlone
        case readCancels
        case wait(Duration)
    }

    /// How the worker stands.
    struct Demand: Sendable {
        /// Whether claims may be made: registered, not draining, not too much to settle.
        var mayClaim = true
        /// Slots without a job.
        var idleSlots: Int
        /// Jobs that wait for a slot.
        var queued: Int
        /// Jobs that slots end in the prefetch time; nil while that is not known.
        var prefetch: Int?
        /// Whether a job that lost a lease is in the process.
        var hasAlone = false
        /// Whether any jobs are in the process.
        var hasJobs = false
    }

    /// The time between two questions for jobs that lost a lease, after one was found and has ended.
    static let aloneIntervalAfterFind = Duration.milliseconds(10)
    /// The least such time after none was found.
    static let aloneIntervalMin = Duration.milliseconds(250)
    /// The most, while signals arrive; the rescue sends one for what it brings back.
    static let aloneIntervalWhileListening = Duration.seconds(30)
    /// The most, while they do not.
    static let aloneIntervalMax = Duration.seconds(2)
    /// The time between two looks for jobs that were told to stop.
    static let cancelInterval = Duration.seconds(1)
    /// The longest wait for something that should ring.
    static let waitMax = Duration.seconds(60)

    private let pollMin: Duration
    private let pollMax: Duration
    private let pollWhileListening: Duration
    private let jobsMax: Int

    private var isListening = false
    private var isSignalled = false
    /// The last claim was cut off by its limit.
    private var hasMore = false
    private var pollInterval: Duration
    private var pollAt: Instant
    /// Doubled before it is used.
    private var aloneInterval = ClaimState.aloneIntervalMin / 2
    private var aloneAt: Instant
    private var cancelsAt: Instant
    private var pausedUntil: Instant?
    private var backoff = Backoff(from: .milliseconds(50), to: .seconds(1))

    /// Starts with a look for jobs.
    init(_ configuration: WorkerConfiguration, at now: Instant) {
        pollMin = configuration.pollIntervalMin
        pollMax = max(configuration.pollIntervalMax, pollMin)
        pollWhileListening = max(configuration.pollIntervalWhileListening, pollMin)
        jobsMax = configuration.claimJobsMax
        pollInterval = pollMin
        (pollAt, aloneAt, cancelsAt) = (now, now, now)
    }

    /// How many jobs the process may have waiting for slots, and how few make it claim again while there is more. Up to
    /// two full claims: the slots work off one while the next is under way.
    func target(_ demand: Demand) -> (queued: Int, lowWater: Int) {
        let queued = max(demand.idleSlots, min(demand.idleSlots + (demand.prefetch ?? 0), 2 * jobsMax))
        return (queued, queued / 2)
    }

    /// What to do at this moment.
    func step(at now: Instant, _ demand: Demand) -> Step {
        if let pausedUntil, pausedUntil > now { return .wait(now.duration(to: pausedUntil)) }
        if demand.hasJobs, cancelsAt <= now { return .readCancels }
        var wakeAt = demand.hasJobs ? cancelsAt : now.advanced(by: Self.waitMax)
        guard demand.mayClaim else { return .wait(now.duration(to: wakeAt)) }
        let target = target(demand)
        let wanted = target.queued - demand.queued
        guard wanted > 0 else { return .wait(now.duration(to: wakeAt)) }
        if !demand.hasAlone {
            if aloneAt <= now { return .claimAlone }
            wakeAt = min(wakeAt, aloneAt)
        }
        let isLow = demand.queued <= target.lowWater || demand.queued < demand.idleSlots
        if hasMore ? isLow : isSignalled || pollAt <= now { return .claim(jobs: min(wanted, jobsMax)) }
        return .wait(now.duration(to: min(wakeAt, max(pollAt, now.advanced(by: pollMin)))))
    }

    /// A claim is under way; signals that come from now on ask for another.
    mutating func claiming() {
        isSignalled = false
    }

    /// A claim gave so many jobs of those it asked for. `random` is from 0 up to 1.
    mutating func claimed(_ jobs: Int, of asked: Int, at now: Instant, random: Double) {
        recovered()
        hasMore = jobs == asked
        pollInterval = jobs > 0 ? pollMin : min(pollInterval * 2, pollLimit)
        pollAt = now.advanced(by: pollInterval * (1 + random / 4))
    }

    /// A claim of a job that lost a lease gave one, or none.
    mutating func claimedAlone(_ found: Bool, at now: Instant, random: Double) {
        recovered()
        if found {
            // Most such jobs are innocent: they shared a process with one that was not, or the claim's answer was lost.
            aloneInterval = Self.aloneIntervalMin / 2
            aloneAt = now.advanced(by: Self.aloneIntervalAfterFind)
        } else {
            let most = isListening ? Self.aloneIntervalWhileListening : Self.aloneIntervalMax
            aloneInterval = min(aloneInterval * 2, most)
            aloneAt = now.advanced(by: aloneInterval * (1 + random / 4))
        }
    }

    /// The jobs that were told to stop are known as of now.
    mutating func readCancels(at now: Instant) {
        recovered()
        cancelsAt = now.advanced(by: Self.cancelInterval)
    }

    /// A call failed.
    mutating func failed(at now: Instant, random: Double) {
        pausedUntil = now.advanced(by: backoff.next(random: random))
    }

    /// Jobs have become available, as far as somebody knows.
    mutating func signalled(at now: Instant) {
        isSignalled = true
        // Asked again a moment later: what was rescued comes with a signal too.
        aloneInterval = Self.aloneIntervalMin / 2
        aloneAt = min(aloneAt, now.advanced(by: Self.aloneIntervalMin))
    }

    /// Signals arrive, or do not any more. Either way some may have been missed.
    mutating func listening(_ isListening: Bool) {
        self.isListening = isListening
        isSignalled = true
        pollInterval = min(pollInterval, pollLimit)
    }

    private var pollLimit: Duration { isListening ? pollWhileListening : pollMax }

    private mutating func recovered() {
        backoff.reset()
        pausedUntil = nil
    }
}

/// The moment after which a call must not go on waiting, by a clock that also runs while the machine sleeps.
package struct Deadline: Sendable, Comparable {
    private let instant: ContinuousClock.Instant

    private init(instant: ContinuousClock.Instant) {
        self.instant = instant
    }

    /// The deadline this far from now; zero or less has passed already.
    package static func after(_ duration: Duration) -> Deadline {
        Deadline(instant: ContinuousClock.now.advanced(by: duration))
    }

    /// What is left, never less than zero.
    package var remaining: Duration {
        max(.zero, ContinuousClock.now.duration(to: instant))
    }

    /// Whether nothing is left.
    package var hasPassed: Bool {
        instant <= ContinuousClock.now
    }

    /// The sooner deadline is the smaller one.
    package static func < (left: Deadline, right: Deadline) -> Bool {
        left.instant < right.instant
    }

    /// What is left in whole milliseconds, rounded up so that a wait never ends before its time; for `poll(2)`.
    var remainingMilliseconds: Int32 {
        Int32(clamping: remaining.milliseconds(.up))
    }
}

extension Duration {
    /// Which way a part of a millisecond goes.
    enum Rounding { case up, down }

    /// Whole milliseconds.
    func milliseconds(_ rounding: Rounding) -> Int64 {
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        let (seconds, attoseconds) = components
        let extra = rounding == .up ? attosecondsPerMillisecond - 1 : 0
        return seconds * 1000 + (attoseconds + extra) / attosecondsPerMillisecond
    }
}

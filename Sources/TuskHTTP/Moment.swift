import Glibc

/// Points in time as the server compares them: nanoseconds of the clock that is never set.
enum Moment {
    /// Now.
    static func now() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Seconds since 1970 by the wall clock, only for `Date`.
    static func wallSecond() -> Int64 { read(CLOCK_REALTIME) / 1_000_000_000 }

    /// `moment` later by `duration`, or the end of time.
    static func after(_ moment: Int64, _ duration: Duration) -> Int64 {
        let (sum, isOver) = moment.addingReportingOverflow(duration.nanoseconds)
        return isOver ? .max : sum
    }

    /// How long `count` bytes may take at `perSecond` bytes a second, in nanoseconds.
    static func allowance(_ count: Int, perSecond: Int) -> Int64 {
        let (product, isOver) = Int64(count).multipliedReportingOverflow(by: 1_000_000_000)
        return isOver ? .max / 2 : product / Int64(max(1, perSecond))
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        let result = unsafe clock_gettime(clock, &time)
        precondition(result == 0, "the clock exists")
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

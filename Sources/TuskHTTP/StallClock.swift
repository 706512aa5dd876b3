/// Says when a transfer is too slow; pure.
///
/// It may take a fixed time, and longer only as far as its bytes excuse it; and no gap may be longer than that fixed
/// time, or a fast start would excuse a long silence. Time in which this side is the slow one is taken out by `pause`
/// and `resume`.
struct StallClock {
    private var startedAt: Int64?
    private var lastAt: Int64 = 0
    private var pausedAt: Int64?
    private var count = 0

    /// Starts at `now`, unless it runs.
    mutating func start(_ now: Int64) {
        guard startedAt == nil else { return }
        (startedAt, lastAt, count) = (now, now, 0)
    }

    /// Counts bytes that went over.
    mutating func add(_ bytes: Int, _ now: Int64) {
        count += bytes
        lastAt = now
    }

    /// Stops until `resume`.
    mutating func pause(_ now: Int64) {
        guard startedAt != nil, pausedAt == nil else { return }
        pausedAt = now
    }

    /// Goes on as if no time had passed since `pause`.
    mutating func resume(_ now: Int64) {
        guard let pausedAt, let startedAt else { return }
        self.startedAt = startedAt + (now - pausedAt)
        lastAt += now - pausedAt
        self.pausedAt = nil
    }

    /// Ends; the transfer is complete.
    mutating func stop() { self = StallClock() }

    /// When the transfer is too slow unless more bytes come; nil while it does not run.
    func deadline(_ timeout: Duration, perSecond: Int) -> Int64? {
        guard let startedAt, pausedAt == nil else { return nil }
        let (excused, isOver) = Moment.after(startedAt, timeout)
            .addingReportingOverflow(Moment.allowance(count, perSecond: perSecond))
        return min(isOver ? .max : excused, Moment.after(lastAt, timeout))
    }
}

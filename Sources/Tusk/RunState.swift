/// Why a handler is told to stop.
enum StopCause: Sendable, Hashable, CaseIterable {
    /// Its time is over.
    case timeout
    /// An operator cancelled the job.
    case operatorCancel
    /// The worker drains and its patience is over.
    case drain
    /// The lease is lost: whatever the handler does counts no more.
    case fence
}

/// How far the run of one handler is. Pure: no clock, no threads.
///
/// ```
///   running ---stop(cause)---> stopping(cause, since) ---grace over---> abandoned
///      |                            |                                      |
///      +------------- ended --------+                                      | the handler returns at last:
///                       v                                                  v nobody asks any more
///                     ended                                              ended
/// ```
struct RunState: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Phase: Equatable, Sendable {
        case running
        case stopping(StopCause, since: Instant)
        /// Its slot was given up and its job settled; the handler still runs.
        case abandoned
        case ended
    }

    /// What somebody has to do about a run after looking at the time.
    enum Alarm: Equatable, Sendable {
        case none
        /// Tell it to stop, its time is over.
        case stop
        /// Give its slot up.
        case abandon(StopCause)
    }

    /// How a run ended.
    enum Closing: Equatable, Sendable {
        /// The handler's outcome counts, under the cause it was told to stop for, if it was.
        case settled(StopCause?)
        /// It was settled before; nothing is left to do.
        case abandoned
    }

    private(set) var phase = Phase.running
    /// What the handler set as its result.
    var result: JSONText?
    /// Lines logged so far.
    private(set) var logLines = 0
    /// Whether it logged or said how far it is.
    private(set) var hasReported = false
    /// The steps that this attempt has begun, those that an earlier one did included.
    private var stepNames: Set<String> = []

    /// Notes that a step begins. False when one of this name did before.
    mutating func beginStep(_ name: String) -> Bool {
        stepNames.insert(name).inserted
    }

    /// Tells the handler to stop. True when it was not told before. A lost lease counts above every other cause.
    mutating func stop(_ cause: StopCause, at now: Instant) -> Bool {
        switch phase {
        case .running:
            phase = .stopping(cause, since: now)
            return true
        case .stopping(let earlier, let since):
            if cause == .fence, earlier != .fence { phase = .stopping(.fence, since: since) }
            return false
        case .abandoned, .ended:
            return false
        }
    }

    /// Looks at the time.
    func alarm(at now: Instant, deadline: Instant, grace: Duration) -> Alarm {
        switch phase {
        case .running: deadline <= now ? .stop : .none
        case .stopping(let cause, let since): since.advanced(by: grace) <= now ? .abandon(cause) : .none
        case .abandoned, .ended: .none
        }
    }

    /// Gives the run up. True when it was still going on.
    mutating func abandon() -> Bool {
        switch phase {
        case .running, .stopping:
            phase = .abandoned
            return true
        case .abandoned, .ended:
            return false
        }
    }

    /// The handler returned or threw.
    mutating func end() -> Closing {
        defer { phase = .ended }
        return switch phase {
        case .running: .settled(nil)
        case .stopping(let cause, _): .settled(cause)
        case .abandoned, .ended: .abandoned
        }
    }

    /// Takes note of a report. False: nobody wants to hear of it any more.
    mutating func report() -> Bool {
        switch phase {
        case .running: break
        case .stopping(let cause, _): if cause == .fence { return false }
        case .abandoned, .ended: return false
        }
        hasReported = true
        return true
    }

    /// The number of the next line that is logged, from 1; nil: nobody wants to hear of it any more.
    mutating func nextLogLine() -> Int? {
        guard report() else { return nil }
        logLines += 1
        return logLines
    }

    /// Whether the handler should stop.
    var isStopping: Bool {
        switch phase {
        case .running, .ended: false
        case .stopping, .abandoned: true
        }
    }
}

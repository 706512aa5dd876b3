/// How a worker comes to its end. Pure: no clock, no threads.
///
/// ```
///   new --start--> working --drain--> draining --nothing runs--------------------+
///    |                                   |                                       v
///    |                                   +--time over, or asked again--> stopping --nothing runs, or 0.5 s--> closing
///    |                                                                                                           |
///    +-----drain----------------------------------> ended <------------------all is written back, or 0.8 s------+
/// ```
struct DrainState: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Phase: Equatable, Sendable {
        case new
        case working
        /// What runs may go on until then; what waits was given back.
        case draining(until: Instant)
        /// What runs was told to stop, and has until then.
        case stopping(until: Instant)
        /// What is left to write back has until then.
        case closing(until: Instant)
        case ended
    }

    /// What has to be done on the way.
    enum Order: Equatable, Sendable {
        case none
        /// Tell every handler to stop.
        case stopRuns
        /// Give up the handlers that do not stop.
        case abandonRuns
        /// Wake everybody: the phase has changed.
        case wake
    }

    /// How long handlers have that were told to stop at the end of a drain: 0.5 s.
    static let stopTime = Duration.milliseconds(500)
    /// How long the last batches have to be written back: 0.8 s. With `stopTime`, a tick of the watch and the last
    /// signals a drain takes no more than its time and two seconds.
    static let closeTime = Duration.milliseconds(800)

    private(set) var phase = Phase.new

    /// Begins. False when it was begun or ended before.
    mutating func start() -> Bool {
        guard phase == .new else { return false }
        phase = .working
        return true
    }

    /// Drains, giving handlers so long; asked again, gives them no more time. True when it begins to drain.
    mutating func drain(within time: Duration, at now: Instant) -> Bool {
        switch phase {
        case .new:
            phase = .ended
            return false
        case .working:
            phase = .draining(until: now.advanced(by: time))
            return true
        case .draining:
            phase = .draining(until: now)
            return false
        case .stopping, .closing, .ended:
            return false
        }
    }

    /// Goes on when it is time. `isIdle`: nothing runs. `isClean`: nothing is left to write back.
    mutating func tick(at now: Instant, isIdle: Bool, isClean: Bool) -> Order {
        switch phase {
        case .new, .working, .ended:
            return .none
        case .draining(let end):
            if isIdle { return close(at: now, .wake) }
            guard end <= now else { return .none }
            phase = .stopping(until: now.advanced(by: Self.stopTime))
            return .stopRuns
        case .stopping(let end):
            if isIdle { return close(at: now, .wake) }
            return end <= now ? close(at: now, .abandonRuns) : .none
        case .closing(let end):
            guard isClean || end <= now else { return .none }
            phase = .ended
            return .wake
        }
    }

    /// When the next step is due at the latest; nil: none is.
    var nextAt: Instant? {
        switch phase {
        case .new, .working, .ended: nil
        case .draining(let end), .stopping(let end), .closing(let end): end
        }
    }

    /// What the heartbeat has to say of the worker.
    var mode: WorkerState.Mode {
        switch phase {
        case .new, .working: .working
        case .draining, .stopping: .draining
        case .closing, .ended: .closing
        }
    }

    private mutating func close(at now: Instant, _ order: Order) -> Order {
        phase = .closing(until: now.advanced(by: Self.closeTime))
        return order
    }
}

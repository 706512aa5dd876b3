import Dispatch
import Synchronization

/// A few threads that do what blocks, one piece of work each at a time, in the order in which it came.
///
/// Each lane is a serial queue whose one long block waits for work: starting a block for each request would make a
/// thread each time.
final class Lanes: Sendable {
    struct Limits: Sendable {
        var lanes: Int
        /// Work that waits; more is refused.
        var waitingMax: Int
        /// Work that has waited longer is refused when its turn comes: nobody wants its answer any more.
        var waitingTimeMax: Duration
    }

    /// Something to do, or to refuse.
    struct Work: Sendable {
        let run: @Sendable () -> Void
        let refuse: @Sendable (Problem) -> Void
    }

    private struct Waiting: Sendable {
        let work: Work
        let since: ContinuousClock.Instant
    }

    private struct State {
        var waiting = FIFO<Waiting>()
        var isStopped = false
        var isStarted = false
    }

    private let name: String
    private let limits: Limits
    private let state = Mutex(State())
    /// Raised once for each piece of work, and once for each lane at the end.
    private let signal = DispatchSemaphore(value: 0)
    private let running = DispatchGroup()

    init(_ name: String, _ limits: Limits) {
        self.name = name
        self.limits = limits
    }

    /// Starts the threads; work that was given before begins now.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted && !state.isStopped
        }
        guard isFirst else { return }
        for number in 1...limits.lanes {
            running.enter()
            DispatchQueue(label: "tusk.api.\(name).\(number)").async { [self] in
                while workOnce() {}
                running.leave()
            }
        }
    }

    /// Gives work to the lanes; it is refused at once when too much waits.
    func submit(_ work: Work) {
        let refusal: Problem? = state.withLock { state in
            guard !state.isStopped else { return Self.stopped }
            guard state.waiting.count < limits.waitingMax else { return Self.full }
            state.waiting.append(Waiting(work: work, since: .now))
            return nil
        }
        if let refusal { work.refuse(refusal) } else { signal.signal() }
    }

    /// Refuses what waits, finishes what runs, and returns when no thread is left.
    func stop() {
        let (waiting, isFirst) = state.withLock { state in
            defer { state.isStopped = true }
            return (state.waiting.popAll(), !state.isStopped)
        }
        for waiting in waiting { waiting.work.refuse(Self.stopped) }
        if isFirst {
            for _ in 0..<limits.lanes { signal.signal() }
        }
        running.wait()
    }

    /// False when the lane is to end.
    private func workOnce() -> Bool {
        signal.wait()
        let (next, isStopped) = state.withLock { ($0.waiting.popFirst(), $0.isStopped) }
        guard let next else { return !isStopped }
        if next.since.duration(to: .now) <= limits.waitingTimeMax {
            next.work.run()
        } else {
            next.work.refuse(Self.full)
        }
        return true
    }

    static let stopped = Problem(.draining, "This process is about to end; nothing was done.")
    static let full = Problem(.overloaded, "Too many requests are waiting; nothing was done.")
}

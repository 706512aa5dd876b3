import Dispatch
import Synchronization
import TuskStore

/// Counts jobs that were handled and wakes whoever waits for the last of them.
final class Countdown: Sendable {
    private let target: Int
    private let count = Atomic<Int>(0)
    private let reached = DispatchSemaphore(value: 0)

    /// Waits for so many.
    init(_ target: Int) {
        self.target = target
    }

    /// One more was handled.
    func note() {
        if count.add(1, ordering: .relaxed).newValue == target { reached.signal() }
    }

    /// How many were handled so far.
    var value: Int { count.load(ordering: .relaxed) }

    /// Waits for the last; false when it did not come in time.
    func wait(atMost time: Duration) -> Bool {
        reached.wait(timeout: .now() + .milliseconds(Int(time.wholeMilliseconds))) == .success
    }
}

/// Blocks the calling thread for a moment.
enum Moment {
    /// Waits so long.
    static func pass(_ time: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .microseconds(Int(time.wholeMicroseconds)))
    }
}

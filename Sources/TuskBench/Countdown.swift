import Dispatch
import Synchronization
import TuskStore

/// Counts jobs that were handled and wakes whoever waits for the last of them.
final class Countdown: Sendable {
    /// How many are waited for.
    let target: Int
    private let count = Atomic<Int>(0)
    private let reached = DispatchSemaphore(value: 0)

    /// Waits for so many.
    init(_ target: Int) {
        self.target = target
    }

    /// So many more were handled.
    func note(_ more: Int = 1) {
        let (before, after) = count.add(more, ordering: .relaxed)
        if before < target, after >= target { reached.signal() }
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

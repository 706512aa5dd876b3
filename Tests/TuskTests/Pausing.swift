import Dispatch
import Synchronization

/// What handlers of tests do with their time.
enum Pausing {
    /// Blocks the calling thread, as a handler that waits for a slow system call does.
    static func block(_ milliseconds: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
    }

    /// Burns the calling thread until the time is over or somebody says so.
    static func spin(for time: Duration, until isOver: () -> Bool = { false }) {
        let end = ContinuousClock.now.advanced(by: time)
        while ContinuousClock.now < end, !isOver() {}
    }
}

/// Holds handlers until the test lets them go.
final class Gate: Sendable {
    /// A count that one thread waits for, one at a time.
    final class Many: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        /// Lets one wait end.
        func signal() {
            semaphore.signal()
        }

        /// Waits for one signal, at most 10 s.
        func wait() {
            _ = semaphore.wait(timeout: .now() + .seconds(10))
        }
    }

    private let semaphore = DispatchSemaphore(value: 0)
    private let arrivals = Atomic<Int>(0)

    /// How many have come to the gate.
    var arrived: Int { arrivals.load(ordering: .acquiring) }

    /// Blocks the calling thread until the gate is open, at most 30 s.
    func pass() {
        arrivals.add(1, ordering: .acquiringAndReleasing)
        if semaphore.wait(timeout: .now() + .seconds(30)) == .success { semaphore.signal() }
    }

    /// Lets everybody go, now and later.
    func open() {
        semaphore.signal()
    }
}

import Dispatch
import Synchronization
import TuskStore

/// Wakes one thread that waits for something to do. Rings while it is awake are kept as one.
final class Bell: Sendable {
    private let isRung = Atomic<Bool>(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Ends the wait that is going on, or the next one. What was changed before is seen by the woken thread.
    func ring() {
        if !isRung.exchange(true, ordering: .acquiringAndReleasing) { semaphore.signal() }
    }

    /// Waits for a ring, at most so long; nil waits for ever.
    func wait(atMost time: Duration? = nil) {
        let end = time.map { DispatchTime.now() + .nanoseconds(Int($0.wholeMicroseconds) * 1000) } ?? .distantFuture
        if semaphore.wait(timeout: end) == .success {
            _ = isRung.exchange(false, ordering: .acquiringAndReleasing)
        }
    }
}

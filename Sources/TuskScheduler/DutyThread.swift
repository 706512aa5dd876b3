import Dispatch
import Synchronization
import TuskStore

/// A thread that sleeps between the rounds of its work, can be woken, and ends when it is told to.
final class DutyThread: Sendable {
    private let name: String
    private let isStopping = Mutex(false)
    private let alarm = DispatchSemaphore(value: 0)
    private let running = DispatchGroup()

    init(name: String) {
        self.name = name
    }

    /// Starts the thread. Once.
    func start(_ body: @escaping @Sendable () -> Void) {
        running.enter()
        OwnedThread.start("tusk-\(name)") {
            body()
            self.running.leave()
        }
    }

    /// Sleeps; ends early when somebody calls `wake` or `stop`. For the thread itself.
    func rest(_ duration: Duration) {
        guard !shouldStop else { return }
        let (seconds, attoseconds) = duration.components
        let nanoseconds = min(seconds, 3600) * 1_000_000_000 + attoseconds / 1_000_000_000
        _ = alarm.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
    }

    /// Whether the thread has been told to end.
    var shouldStop: Bool { isStopping.withLock { $0 } }

    /// Ends the present rest, or the next one.
    func wake() {
        alarm.signal()
    }

    /// Tells the thread to end after its present call.
    func stop() {
        isStopping.withLock { $0 = true }
        alarm.signal()
    }

    /// Waits for the end of the thread; false when it did not come in time.
    func join(until deadline: DispatchTime) -> Bool {
        running.wait(timeout: deadline) == .success
    }
}

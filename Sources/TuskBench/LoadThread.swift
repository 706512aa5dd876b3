import Dispatch
import Synchronization
import TuskStore

/// A thread that makes load beside what is measured.
final class LoadThread: Sendable {
    private let failure = Mutex<(any Error)?>(nil)
    private let shouldStop = Atomic<Bool>(false)
    private let ended = DispatchGroup()

    /// Starts `body`, which looks at `isStopping` of the thread it is given from time to time.
    init(_ name: String, _ body: @escaping @Sendable (LoadThread) throws -> Void) {
        ended.enter()
        OwnedThread.start(name) { [self] in
            do {
                try body(self)
            } catch {
                failure.withLock { $0 = error }
            }
            ended.leave()
        }
    }

    /// Whether the load should end.
    var isStopping: Bool { shouldStop.load(ordering: .relaxed) }

    /// Lets it end, and waits for that. Throws what made it end before.
    func stop() throws {
        shouldStop.store(true, ordering: .relaxed)
        try wait()
    }

    /// Waits until it ends by itself. Throws what made it end.
    func wait() throws {
        ended.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}

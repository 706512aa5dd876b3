import Dispatch

/// Lets the calling thread rest, where there is nothing that could wake it: a row to look at again, a process of
/// somebody else to end.
enum Pause {
    /// Returns after so long.
    static func wait(_ duration: Duration) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + max(0, duration / .seconds(1)))
    }
}

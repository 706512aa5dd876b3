import Dispatch
import Tusk
import TuskPostgres

/// Cancels what a session runs once its job is told to stop, while the session's own thread waits for it.
///
/// A request may come too late for one statement and hit the next: all that the session still does is in the same
/// transaction, which is not to be committed then.
final class StopWatch {
    /// How soon it is noticed that the job was told to stop, and how often the server is asked again.
    private static let look = DispatchTimeInterval.milliseconds(100)

    private let timer: any DispatchSourceTimer

    /// Begins to watch.
    init(_ context: JobContext, _ handle: CancelHandle) {
        timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + Self.look, repeating: Self.look)
        timer.setEventHandler {
            if context.isCancelled { handle.request() }
        }
        timer.activate()
    }

    deinit {
        timer.cancel()
    }

    /// Watches no more.
    func end() {
        timer.cancel()
    }
}

import TuskStore
import TuskTelemetry

/// Lets in jobs that wait for a concurrency limit with room. Workers do so as soon as they make room; this finds what
/// they could not: room that dead workers left, a limit that was changed, a release that got lost.
struct Releaser: Duty {
    static let name = "releaser"

    private let context: DutyContext

    init(_ context: DutyContext) {
        self.context = context
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let (queues, hadWaiting) = try session.releaseAllLimited()
        if !queues.isEmpty { context.wake(Array(queues)) }
        return hadWaiting ? context.configuration.releaseInterval : context.configuration.releaseIdleInterval
    }
}

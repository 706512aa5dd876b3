import TuskStore
import TuskTelemetry

/// Lets in jobs that wait for limits with room and for lines. Workers do so as soon as they make room; this finds what
/// they could not: room that dead workers left, a limit that was changed, a release that got lost.
struct Releaser: Duty {
    static let name = "releaser"

    private let context: DutyContext
    private var reached = WaitingKeys()

    init(_ context: DutyContext) {
        self.context = context
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let (queues, hadWaiting, reached) = try session.releaseNext(after: reached)
        self.reached = reached
        if !queues.isEmpty { context.wake(Array(queues)) }
        return hadWaiting ? context.configuration.releaseInterval : context.configuration.releaseIdleInterval
    }
}

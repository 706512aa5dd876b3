import TuskCore
import TuskStore
import TuskTelemetry

/// Lets in jobs that wait for limits with room and for lines. Workers do so as soon as they make room; this finds what
/// they could not: room that dead workers left, a limit that was changed, a release that got lost. Wakes workers when
/// the pause of a queue ends by itself.
struct Releaser: Duty {
    static let name = "releaser"

    private let context: DutyContext
    private var reached = WaitingKeys()
    /// When to look at the next keys. Between two looks only those are looked at for whose tokens jobs wait.
    private var lookAt = ContinuousClock.now
    private var ratedKeys: [String] = []

    init(_ context: DutyContext) {
        self.context = context
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let wait: Duration?
        if .now >= lookAt {
            let round = try session.releaseNext(after: reached)
            reached = round.reached
            ratedKeys = round.ratedKeys
            wait = round.wait
            wake(round.queues.union(try session.endPauses()))
            let configuration = context.configuration
            lookAt = .now + (round.hadWaiting ? configuration.releaseInterval : configuration.releaseIdleInterval)
        } else {
            let round = try session.releaseLimited(ratedKeys)
            wait = round.wait
            wake(round.queues)
        }
        let untilLook = max(.zero, ContinuousClock.now.duration(to: lookAt))
        return min(wait ?? untilLook, untilLook)
    }

    private func wake(_ queues: Set<QueueName>) {
        if !queues.isEmpty { context.wake(Array(queues)) }
    }
}

/// What becomes of ticks that should fire, in their order, by the overlap policy of their schedule. Pure.
///
///     allow             -> fires
///     skip              last job lives -> skipped          else fires
///     queueOne          last job lives -> queued, or skipped when one is already         else fires
///     cancelPrevious    last job lives -> it is cancelled, fires                         else fires
package enum TickFate: Sendable, Hashable {
    /// It enqueues the job; `cancelsLast` when the job before it is cancelled.
    case fires(cancelsLast: Bool)
    /// It waits for the end of the last job.
    case queued
    /// The last job lives.
    case skipped

    /// What is known of a schedule's last job and of the tick that waits for it.
    package struct State: Sendable, Hashable {
        /// Whether the job of the last tick that fired waits or runs.
        package var isLastLive: Bool
        /// Whether a tick waits for its end.
        package var hasQueued: Bool

        /// A state of these parts.
        package init(isLastLive: Bool, hasQueued: Bool) {
            self.isLastLive = isLastLive
            self.hasQueued = hasQueued
        }
    }

    /// Whether the tick that waits fires now; its job is the last one from then on.
    package static func releasesQueued(_ state: inout State) -> Bool {
        guard state.hasQueued, !state.isLastLive else { return false }
        state = State(isLastLive: true, hasQueued: false)
        return true
    }

    /// What becomes of the next tick.
    package static func next(_ policy: OverlapPolicy, _ state: inout State) -> TickFate {
        guard state.isLastLive else {
            state.isLastLive = true
            return .fires(cancelsLast: false)
        }
        switch policy {
        case .allow: return .fires(cancelsLast: false)
        case .skip: return .skipped
        case .queueOne:
            guard !state.hasQueued else { return .skipped }
            state.hasQueued = true
            return .queued
        case .cancelPrevious: return .fires(cancelsLast: true)
        }
    }
}

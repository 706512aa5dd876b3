import Synchronization
import TuskTelemetry

/// What a scheduler knows of who leads, shared by its threads.
final class Leadership: Sendable {
    private let state: Mutex<LeadershipState>

    init(leaderTime: Duration, metrics: MetricsRegistry) {
        state = Mutex(LeadershipState(leaderTime: leaderTime, startedAt: .now))
        let help = "Whether this scheduler leads: 1 or 0."
        // Asked for when it is shown: leadership that could not be renewed ends by itself.
        metrics.sampled("tusk_scheduler_leader", type: .gauge, help: help) { [weak self] in
            guard let self else { return [] }
            return [MetricSample(self.isLeader ? 1 : 0)]
        }
    }

    /// Notes an answer of the database. Returns whether it changed something.
    func note(leads: Bool, askedAt: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            defer { state.note(leads: leads, askedAt: askedAt) }
            return state.isLeader(at: askedAt) != leads
        }
    }

    /// Whether this scheduler is known to lead.
    var isLeader: Bool { state.withLock { $0.isLeader(at: .now) } }

    /// Whether this scheduler has to do the periodic work.
    var mustWork: Bool { state.withLock { $0.mustWork(at: .now) } }
}

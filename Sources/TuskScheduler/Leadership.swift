import Synchronization
import TuskTelemetry

/// What a scheduler knows of who leads, shared by its threads.
final class Leadership: Sendable {
    private let state: Mutex<LeadershipState>
    private let gauge: Gauge

    init(leaderTime: Duration, metrics: MetricsRegistry) {
        state = Mutex(LeadershipState(leaderTime: leaderTime, startedAt: .now))
        gauge = metrics.gauge("tusk_scheduler_leader", help: "Whether this scheduler leads: 1 or 0.")
    }

    /// Notes an answer of the database. Returns whether it changed something.
    func note(leads: Bool, askedAt: ContinuousClock.Instant) -> Bool {
        let didLead = state.withLock { state in
            defer { state.note(leads: leads, askedAt: askedAt) }
            return state.isLeader(at: askedAt)
        }
        gauge.set(leads)
        return didLead != leads
    }

    /// Whether this scheduler is known to lead.
    var isLeader: Bool { state.withLock { $0.isLeader(at: .now) } }

    /// Whether this scheduler has to do the periodic work.
    var mustWork: Bool { state.withLock { $0.mustWork(at: .now) } }
}

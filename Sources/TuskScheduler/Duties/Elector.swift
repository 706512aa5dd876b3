import TuskStore
import TuskTelemetry

/// Says that this scheduler lives, and renews or asks for leadership.
struct Elector: Duty {
    static let name = "elector"
    static let isForLeader = false

    private let record: SchedulerRecord
    private let leadership: Leadership
    private let configuration: SchedulerConfiguration
    private let logger: Logger
    /// Called when this scheduler begins or ceases to lead.
    private let changed: @Sendable () -> Void
    private var nextBeatAt = ContinuousClock.now
    private var isRestored = false

    init(_ record: SchedulerRecord, _ context: DutyContext, changed: @escaping @Sendable () -> Void) {
        self.record = record
        leadership = context.leadership
        configuration = context.configuration
        logger = context.logger
        self.changed = changed
    }

    mutating func round(_ session: StoreSession) throws(StoreError) -> Duration {
        let now = ContinuousClock.now
        if now >= nextBeatAt {
            try session.beat(scheduler: record)
            nextBeatAt = now.advanced(by: configuration.heartbeatInterval)
        }
        let askedAt = ContinuousClock.now
        let leads = try mayLead(session) ? try session.lead(record.id, for: configuration.leaderTime) : false
        if leadership.note(leads: leads, askedAt: askedAt) {
            logger.notice(leads ? "leads now" : "leads no more")
            changed()
        }
        return configuration.leaderInterval
    }

    /// Nobody leads while a restored database waits for an operator: nothing is rescued, nothing fires.
    private mutating func mayLead(_ session: StoreSession) throws(StoreError) -> Bool {
        let wasRestored = isRestored
        isRestored = try session.restoredAt() != nil
        if isRestored, !wasRestored { logger.warning(StoreError.restored.description) }
        return !isRestored
    }

    mutating func finish(_ session: StoreSession) throws(StoreError) {
        try session.resign(record.id)
        try session.remove(scheduler: record.id)
    }
}

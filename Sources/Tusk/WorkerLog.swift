import TuskStore
import TuskTelemetry

/// What a worker's events look like as log lines.
struct WorkerLog: Sendable {
    private let logger: Logger

    /// Lines go to this logger.
    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Writes one line about an event.
    func write(_ event: WorkerEvent) {
        switch event {
        case .registered(let id):
            logger.notice("worker registered", ["worker": .text(id.description)])
        case .fenced(let id, let reason, let jobs):
            logger.warning(
                "worker fenced itself, its handlers were told to stop",
                ["worker": .text(id.description), "reason": .text(reason.rawValue), "jobs": .integer(Int64(jobs))]
            )
        case .leaseLost(let id, let lease):
            logger.warning(
                "lease lost, result refused",
                ["job": .text(id.description), "lease": .text(lease.description)]
            )
        case .leaseHeld(let lease):
            logger.warning(
                "an open transaction holds a lease, ends of its jobs have to wait",
                ["lease": .text(lease.description)]
            )
        case .slotStuck(let id, let kind, let stuck):
            let fields: LogFields = [
                "job": .text(id.description), "kind": .text(kind.text), "stuck_slots": .integer(Int64(stuck)),
            ]
            logger.error("handler ignores that it was told to stop, slot given up", fields)
        case .slotFreed(let id, let kind):
            logger.notice("stuck handler returned", ["job": .text(id.description), "kind": .text(kind.text)])
        case .settleRefused(let id, let error):
            logger.error("end of job refused", ["job": .text(id.description), "error": .text(error.description)])
        case .reportsRefused(let error):
            logger.warning("progress and log lines refused", ["error": .text(error.description)])
        case .databaseFailed(let part, let error):
            logger.warning(
                "database call failed",
                ["part": .text(part.rawValue), "error": .text(error.description)]
            )
        case .databaseBack(let part):
            logger.notice("database is back", ["part": .text(part.rawValue)])
        case .claimUnknown(let id):
            logger.warning("claim got no answer, going on under another id", ["worker": .text(id.description)])
        case .listening(true):
            logger.info("signals arrive")
        case .listening(false):
            logger.warning("signals do not arrive, a pooler may be in the way; polling instead")
        case .draining:
            logger.notice("worker drains")
        case .stopped(let unsettled):
            let level: LogLevel = unsettled == 0 ? .notice : .warning
            logger.log(level, "worker stopped", ["unsettled_jobs": .integer(Int64(unsettled))])
        }
    }
}

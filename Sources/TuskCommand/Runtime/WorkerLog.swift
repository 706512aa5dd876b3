import Tusk
import TuskStore
import TuskTelemetry

/// Writes down what happens to a worker.
struct WorkerLog: Sendable {
    private let logger: Logger

    /// A log of lines marked as the worker's.
    init(_ logger: Logger) {
        self.logger = logger.with(["part": "worker"])
    }

    /// Logs an event.
    func note(_ event: WorkerEvent) {
        switch event {
        case .registered(let id):
            logger.info("registered", ["worker": .text(id.description)])
        case .fenced(let id, let reason, let jobs):
            logger.warning(
                "fenced itself: handlers were told to stop and nothing is started until it is registered anew",
                ["worker": .text(id.description), "reason": .text(reason.rawValue), "jobs": .integer(Int64(jobs))]
            )
        case .leaseLost(let job, let lease):
            logger.warning(
                "lost the lease of a job, so its outcome was refused",
                ["job_id": .text(job.description), "lease": .text(lease.description)]
            )
        case .slotStuck(let job, let kind, let stuck):
            logger.error(
                "a handler ignores that it was told to stop; its slot is given up",
                ["job_id": .text(job.description), "kind": .text(kind.text), "stuck_slots": .integer(Int64(stuck))]
            )
        case .slotFreed(let job, let kind):
            logger.notice(
                "a handler that was given up has returned",
                ["job_id": .text(job.description), "kind": .text(kind.text)]
            )
        case .settleRefused(let job, let error):
            logger.error(
                "the outcome of a job cannot be written",
                ["job_id": .text(job.description), "error": .text(error.description)]
            )
        case .reportsRefused(let error):
            logger.error("reports of handlers cannot be written", ["error": .text(error.description)])
        case .databaseFailed(let part, let error):
            logger.warning(
                "lost the database; trying again",
                ["session": .text(part.rawValue), "error": .text(error.description)]
            )
        case .databaseBack(let part):
            logger.notice("the database is back", ["session": .text(part.rawValue)])
        case .claimUnknown(let id):
            logger.warning(
                "a claim got no answer, so its jobs may wait for their leases",
                ["worker": .text(id.description)]
            )
        case .listening(let isListening):
            if isListening {
                logger.info("listens for signals")
            } else {
                logger.warning("signals do not arrive here, as behind a pooler; jobs are found by polling")
            }
        case .draining:
            logger.info("draining")
        case .stopped(let unsettled):
            logger.info("stopped", ["unsettled_jobs": .integer(Int64(unsettled))])
        }
    }
}

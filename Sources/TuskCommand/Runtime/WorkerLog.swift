import Tusk
import TuskCore
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
        let (level, message, fields) = line(event)
        logger.log(level, message, fields)
    }

    private func line(_ event: WorkerEvent) -> (LogLevel, String, LogFields) {
        switch event {
        case .registered(let id):
            (.info, "registered", ["worker": .text(id.description)])
        case .fenced(let id, let reason, let jobs):
            (.warning, "fenced itself, so its handlers were told to stop", fencing(id, reason, jobs))
        case .leaseLost(let job, let lease):
            (.warning, "lost the lease of a job, so its outcome was refused", ["lease": .text("\(lease)")] + job)
        case .slotStuck(let job, let kind, let stuck):
            (.error, "a handler ignores that it is to stop", ["kind": .text("\(kind)"), "stuck": .count(stuck)] + job)
        case .slotFreed(let job, let kind):
            (.notice, "a handler that was given up has returned", ["kind": .text("\(kind)")] + job)
        case .settleRefused(let job, let error):
            (.error, "the outcome of a job cannot be written", ["error": .text("\(error)")] + job)
        case .reportsRefused(let error):
            (.error, "reports of handlers cannot be written", ["error": .text("\(error)")])
        case .databaseFailed(let part, let error):
            (.warning, "lost the database", ["session": .text(part.rawValue), "error": .text("\(error)")])
        case .databaseBack(let part):
            (.notice, "the database is back", ["session": .text(part.rawValue)])
        case .claimUnknown(let id):
            (.warning, "a claim got no answer, so its jobs may wait for their leases", ["worker": .text("\(id)")])
        case .listening(true):
            (.info, "listens for signals", [:])
        case .listening(false):
            (.warning, "signals do not arrive, as behind a pooler; jobs are found by polling", [:])
        case .draining:
            (.info, "draining", [:])
        case .stopped(let unsettled):
            (.info, "stopped", ["unsettled_jobs": .count(unsettled)])
        }
    }

    private func fencing(_ id: WorkerID, _ reason: WorkerEvent.FenceReason, _ jobs: Int) -> LogFields {
        ["worker": .text("\(id)"), "reason": .text(reason.rawValue), "jobs": .count(jobs)]
    }
}

extension LogFields {
    /// The fields with that of a job.
    fileprivate static func + (fields: LogFields, job: JobID) -> LogFields {
        fields.merged(with: ["job_id": .text("\(job)")])
    }
}

extension LogValue {
    fileprivate static func count(_ number: Int) -> LogValue { .integer(Int64(number)) }
}

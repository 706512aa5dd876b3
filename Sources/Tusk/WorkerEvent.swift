package import TuskStore

/// Something that happened to a worker, for log lines, metrics and tests.
package enum WorkerEvent: Sendable {
    /// The parts of a worker that have a session of their own.
    package enum Part: String, Sendable {
        case claimer, settler, heartbeat, listener
    }

    /// Why a registration was fenced.
    package enum FenceReason: String, Sendable {
        /// The database does not know the worker any more.
        case rescued
        /// No heartbeat succeeded for two thirds of the lease time.
        case stale
        /// Too many claims of unknown outcome.
        case crowded
    }

    case registered(WorkerID)
    /// Jobs in hand are dropped, their handlers told to stop.
    case fenced(WorkerID, FenceReason, jobsInHand: Int)
    /// What was to be written about a job was refused, because it is somebody else's now.
    case leaseLost(JobID, LeaseNumber)
    /// A handler ignored that it was told to stop; its slot was given up. So many are stuck now.
    case slotStuck(JobID, Kind, stuck: Int)
    /// A handler that was given up has returned at last.
    case slotFreed(JobID, Kind)
    /// Somebody's open transaction holds a lease; what ended under it is written back when that is over.
    case leaseHeld(LeaseNumber)
    /// The end of a job cannot be written back; its lease stays until the worker stops.
    case settleRefused(JobID, StoreError)
    /// Reports of handlers cannot be written.
    case reportsRefused(StoreError)
    case databaseFailed(Part, StoreError)
    case databaseBack(Part)
    /// A claim got no answer, so it is not known whether it took jobs.
    case claimUnknown(WorkerID)
    /// Signals arrive, or do not: a pooler is in the way.
    case listening(Bool)
    case draining
    case stopped(unsettled: Int)
}

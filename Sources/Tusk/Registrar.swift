import Synchronization

/// The registrations of this process: the current one, and those that wait for their last jobs.
final class Registrar: Sendable {
    private struct Members {
        var state: WorkerState
        var tokens: [WorkerID: Registration] = [:]
    }

    private let members: Mutex<Members>
    private let fenceAfter: Duration

    /// Nothing registered yet.
    init(leaseTime: Duration) {
        let state = WorkerState(leaseTime: leaseTime)
        fenceAfter = state.fenceAfter
        members = Mutex(Members(state: state))
    }

    /// Under what new claims are made; nil while there is none.
    var current: Registration? {
        members.withLock { members in members.state.current.flatMap { members.tokens[$0] } }
    }

    /// Every registration that is alive.
    var all: [Registration] { members.withLock { Array($0.tokens.values) } }

    /// What the heartbeat does next, with the registration it is about.
    func step(_ mode: WorkerState.Mode, at now: ContinuousClock.Instant) -> WorkerState.Step {
        members.withLock { members in
            members.state.step(mode, at: now) { members.tokens[$0]?.jobsInHand ?? 0 }
        }
    }

    /// The registration with this id, if it is alive.
    func token(_ id: WorkerID) -> Registration? {
        members.withLock { $0.tokens[id] }
    }

    /// Takes over a registration that was written by a call sent then.
    func registered(_ id: WorkerID, sentAt: ContinuousClock.Instant) {
        members.withLock { members in
            members.state.registered(id, sentAt: sentAt)
            members.tokens[id] = Registration(id: id, validUntil: sentAt.advanced(by: fenceAfter))
        }
    }

    /// Extends a registration by a beat that was sent then.
    func beaten(_ id: WorkerID, sentAt: ContinuousClock.Instant) {
        members.withLock { members in
            members.state.beaten(id, sentAt: sentAt)
            members.tokens[id]?.extend(until: sentAt.advanced(by: fenceAfter))
        }
    }

    /// The database knows that the worker drains.
    func announcedDrain(_ id: WorkerID) {
        members.withLock { $0.state.announcedDrain(id) }
    }

    /// Jobs that nobody here knows are about to be put back.
    func returningLeases(_ id: WorkerID, at now: ContinuousClock.Instant) {
        members.withLock { $0.state.returningLeases(id, at: now) }
    }

    /// They were.
    func returnedLeases(_ id: WorkerID) {
        members.withLock { $0.state.returnedLeases(id) }
    }

    /// Forgets a registration that was fenced or removed.
    func forget(_ id: WorkerID) {
        members.withLock { members in
            members.state.forget(id)
            members.tokens[id] = nil
        }
    }

    /// Lets claims go on under another registration. Answers one that is to be fenced.
    func retire(_ id: WorkerID, at now: ContinuousClock.Instant) -> Registration? {
        members.withLock { members in
            members.state.retire(id, at: now).flatMap { members.tokens[$0] }
        }
    }
}

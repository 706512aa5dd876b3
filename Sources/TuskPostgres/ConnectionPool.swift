import Dispatch
import Synchronization

/// Sessions kept open between uses; each is lent to one caller at a time, in the order in which they asked.
///
/// Sessions are opened when somebody needs one. One that failed is thrown away. When a connection breaks, or the server
/// says that it stops or is no longer the primary, all are; after a failed attempt to connect nobody tries for a while,
/// and borrowers get the last error at once.
package final class ConnectionPool: Sendable {
    /// How to open sessions.
    package let settings: ConnectionSettings
    /// A session that lay idle for longer is asked for a sign of life.
    private static let idleMax = Duration.seconds(60)
    /// How long the sign of life may take.
    private static let proofTimeout = Duration.seconds(2)

    private typealias State = ConnectionPoolState<Parked, Waiter>
    private let state: Mutex<State>
    private let counts = Mutex(Counts())

    /// A session while nobody uses it.
    ///
    /// `@unchecked`: the pool forgets a session when it lends it, and takes it back when the loan ends, so a parked
    /// session is in nobody's hands; the lock around the list orders one thread's use before the next one's.
    private struct Parked: @unchecked Sendable {
        let session: Session
    }

    /// A borrower that waits for its turn.
    private final class Waiter: Sendable {
        private let decision = Mutex<State.Decision?>(nil)
        private let semaphore = DispatchSemaphore(value: 0)

        func give(_ decision: State.Decision) {
            self.decision.withLock { $0 = decision }
            semaphore.signal()
        }

        /// Returns false when the time is over.
        func wait(_ time: DispatchTime) -> Bool { semaphore.wait(timeout: time) == .success }

        func take() -> State.Decision? {
            decision.withLock { decision in
                defer { decision = nil }
                return decision
            }
        }
    }

    private struct Counts {
        var opened = 0
        var failed = 0
        var closed = 0
    }

    /// A pool of at most `sizeMax` sessions, none of which is open yet. Defaults to 4.
    package init(_ settings: ConnectionSettings, sizeMax: Int = 4) {
        self.settings = settings
        state = Mutex(State(sizeMax: sizeMax, idleMax: Self.idleMax))
    }

    /// Borrows a session, waiting for one until the deadline (by default the settings' `callTimeout` from now).
    ///
    /// Throws the last error of connecting while it is too early to try again; `.deadline` when all sessions stay lent;
    /// `.closed` after `close`.
    package func borrow(deadline: Deadline? = nil) throws(PostgresError) -> Loan {
        let deadline = deadline ?? .after(settings.callTimeout)
        while true {
            let waiter = Waiter()
            var decision = state.withLock { $0.borrow(now: .now, waiter: waiter) }
            if decision == nil { decision = try wait(waiter, deadline) }
            switch decision {
            case .use(let idle, let mustProve):
                let session = idle.session.session
                guard !isAlive(session, mustProve: mustProve, deadline) else {
                    return Loan(session: session, pool: self, epoch: idle.epoch)
                }
                take(back: session, epoch: idle.epoch)
            case .open(let epoch):
                return Loan(session: try open(deadline), pool: self, epoch: epoch)
            case .refuse(let error):
                throw error
            case nil:
                throw .deadline(sent: false)
            }
        }
    }

    /// Closes the idle sessions now and the lent ones when they come back; refuses everybody from now on.
    package func close() {
        let (sessions, calls) = state.withLock { $0.close() }
        close(sessions)
        deliver(calls)
    }

    /// How the pool is used.
    package var statistics: PoolStatistics {
        let counts = counts.withLock { $0 }
        return state.withLock { state in
            PoolStatistics(
                idle: state.idle.count,
                lent: state.lentCount,
                opening: state.openingCount,
                waiting: state.waiters.count,
                opened: counts.opened,
                failed: counts.failed,
                closed: counts.closed
            )
        }
    }
}

/// What a pool does and did.
package struct PoolStatistics: Sendable, Equatable {
    /// Sessions nobody uses.
    package let idle: Int
    /// Sessions in use.
    package let lent: Int
    /// Sessions being opened.
    package let opening: Int
    /// Borrowers that wait.
    package let waiting: Int
    /// Sessions opened since the start.
    package let opened: Int
    /// Failed attempts since the start.
    package let failed: Int
    /// Sessions closed since the start.
    package let closed: Int
}

/// The I/O around the state's decisions; no lock is held here.
extension ConnectionPool {
    /// Waits for a decision; nil when the time is over. `.deadline` is thrown by the caller.
    private func wait(_ waiter: Waiter, _ deadline: Deadline) throws(PostgresError) -> State.Decision? {
        let isGiven = waiter.wait(.now() + .milliseconds(Int(deadline.remainingMilliseconds)))
        if !isGiven {
            if state.withLock({ $0.forget(waiter) }) { return nil }
            // Somebody has taken it out of the queue and is about to give.
            _ = waiter.wait(.distantFuture)
        }
        let decision = waiter.take()
        if case .open = decision, deadline.hasPassed {
            deliver(state.withLock { $0.openGivenUp() })
            return nil
        }
        return decision
    }

    private func open(_ deadline: Deadline) throws(PostgresError) -> Session {
        do throws(PostgresError) {
            let session = try Session(settings, deadline: min(deadline, .after(settings.connectTimeout)))
            state.withLock { $0.opened() }
            counts.withLock { $0.opened += 1 }
            return session
        } catch {
            counts.withLock { $0.failed += 1 }
            if deadline.hasPassed {
                // The borrower was in a hurry; that says nothing about the server.
                deliver(state.withLock { $0.openGivenUp() })
            } else {
                let random = Double.random(in: 0...1)
                deliver(state.withLock { $0.openFailed(error, now: .now, random: random) })
            }
            throw error
        }
    }

    private func isAlive(_ session: Session, mustProve: Bool, _ deadline: Deadline) -> Bool {
        guard session.looksAlive() else { return false }
        return !mustProve || session.provesAlive(deadline: min(deadline, .after(Self.proofTimeout)))
    }

    /// Takes a lent session back, for others when it is fit.
    func take(back session: Session, epoch: Int) {
        let verdict = session.verdict
        let isFit = session.isFitForOthers && verdict == .sound
        let parked = Parked(session: session)
        let (call, unwanted) = state.withLock { state -> (State.Call?, [Parked]) in
            var unwanted: [Parked] = []
            if verdict == .condemned { unwanted = state.condemn(epoch: epoch) }
            if verdict == .suspicious { state.suspect(now: .now) }
            guard isFit else { return (state.discard(), unwanted + [parked]) }
            let (call, late) = state.giveBack(parked, epoch: epoch, now: .now)
            return (call, unwanted + (late.map { [$0] } ?? []))
        }
        close(unwanted)
        deliver(call)
    }

    private func close(_ sessions: [Parked]) {
        counts.withLock { $0.closed += sessions.count }
        for parked in sessions {
            parked.session.close()
        }
    }

    private func deliver(_ calls: [State.Call]) {
        for call in calls {
            call.waiter.give(call.decision)
        }
    }

    private func deliver(_ call: State.Call?) {
        deliver(call.map { [$0] } ?? [])
    }
}

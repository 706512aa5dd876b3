import TuskStore
import TuskTelemetry

/// The thread that writes back how attempts ended, and what handlers say meanwhile, on a session of its own.
struct Settler {
    /// How long a batch waits for the rows of its leases: 250 ms. A handler's own transaction may hold one of them for
    /// as long as it likes; the others must be written all the same, also in the last second of a drain.
    static let lockTimeout = Duration.milliseconds(250)

    private let engine: Engine
    /// Leases that were held by somebody's transaction at the last look.
    private var heldLeases: Set<LeaseNumber> = []

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Runs until the worker has ended.
    mutating func run() {
        var session = KeptSession(
            engine.store,
            for: .settler,
            lockTimeout: Self.lockTimeout,
            observe: { [engine] in engine.observe($0) }
        )
        while !engine.hasEnded {
            let now = ContinuousClock.now
            let reportsDueAt = engine.reports.dueAt
            if let reportsDueAt, reportsDueAt <= now { _ = writeReports(&session) }
            let untilReports = reportsDueAt.map { max(.zero, now.duration(to: $0)) }
            switch engine.settlements.withState({ $0.next(at: now) }) {
            case .send(let batch): send(batch, &session)
            case .findHeld(let entries): findHeld(entries, &session)
            case .wait(let time): engine.settlerBell.wait(atMost: untilReports.map { min($0, time) } ?? time)
            case .idle: engine.settlerBell.wait(atMost: untilReports)
            }
        }
        session.close()
    }

    private func send(_ batch: [Settlement], _ session: inout KeptSession) {
        guard let registration = batch.first?.registration else { return }
        // A process that was stopped notices it here. What it had done before then is judged by the database, under the
        // old registration, where a lease that was not taken from it still counts.
        if !registration.isFenced, !registration.isValid(at: .now) { engine.fence(registration, .stale) }
        if batch.contains(where: \.hasReported) { writeAllReports(&session) }
        do throws(StoreError) {
            let now = ContinuousClock.now
            let entries = batch.map { $0.entry(at: now) }
            let statuses = try session.call { session throws(StoreError) in
                try session.settle(entries, worker: registration.id)
            }
            engine.settlements.withState { $0.answered() }
            judged(batch, statuses)
            releaseLimits(of: batch, &session)
        } catch {
            failed(error, isUnsent: session.isUnopened)
        }
    }

    /// Lets in who waits for what these jobs held.
    private func releaseLimits(of batch: [Settlement], _ session: inout KeptSession) {
        let jobs = batch.filter(\.job.isGated).map(\.job.id)
        guard !jobs.isEmpty else { return }
        do throws(StoreError) {
            engine.wake(try session.call { session throws(StoreError) in try session.releaseLimited(by: jobs) })
        } catch {
            // The scheduler looks for them each second.
            return
        }
    }

    private func judged(_ batch: [Settlement], _ statuses: [SettleStatus]) {
        engine.metrics.settled(batch, statuses)
        if let tracer = engine.tracer { tracer.end(JobTrace.spans(batch, statuses)) }
        for (settlement, status) in zip(batch, statuses) where status == .leaseLost {
            engine.observe(.leaseLost(settlement.job.id, settlement.job.lease))
        }
        let returned = zip(batch, statuses).filter { $0.verdict == .giveBack && $1 == .accepted }.map(\.0.job.queue)
        if !returned.isEmpty { engine.notifier.wake(Set(returned)) }
        engine.release(batch)
    }

    /// Only what lies in the data is an entry's fault; whatever else it is may be better the next time.
    private func failed(_ error: StoreError, isUnsent: Bool) {
        if error.isLockTimeout { return engine.settlements.withState { $0.locked(at: .now) } }
        guard error.liesInData, !isUnsent else { return postpone() }
        guard let refused = engine.settlements.withState({ $0.refused() }) else { return }
        engine.observe(.settleRefused(refused.job.id, error))
        if refused.isBare {
            engine.release([refused])
        } else {
            engine.settlements.add(Settlement(bare: refused, error: "what the handler left behind could not be stored"))
        }
    }

    private func postpone() {
        engine.settlements.withState { $0.postponed(at: .now, random: Double.random(in: 0..<1)) }
    }

    private mutating func findHeld(_ entries: [Settlement], _ session: inout KeptSession) {
        let leases = Set(entries.map(\.lease)).sorted()
        do throws(StoreError) {
            let held = try session.call { session throws(StoreError) in try session.heldLeases(leases) }
            for lease in held.subtracting(heldLeases) { engine.observe(.leaseHeld(lease)) }
            heldLeases = held
            engine.settlements.withState { $0.found(held: held, at: .now) }
        } catch {
            postpone()
        }
    }
}

/// What handlers say while they run.
extension Settler {
    /// Writes all there is: once a job is settled its lines are refused. The bound is for handlers that go on talking.
    private func writeAllReports(_ session: inout KeptSession) {
        for _ in 0...ReportQueue.linesMax / ReportQueue.batchLinesMax where engine.reports.dueAt != nil {
            guard writeReports(&session) else { return }
        }
    }

    /// Writes what one statement holds. False when not all of it could be written.
    private func writeReports(_ session: inout KeptSession) -> Bool {
        var isWritten = true
        for batch in engine.reports.take() {
            do throws(StoreError) {
                let stored = try session.call { session throws(StoreError) in
                    try session.write(batch.lines, batch.progress, worker: batch.registration.id)
                }
                engine.reports.drop(batch.lines.count - stored)
            } catch {
                isWritten = false
                if error.isTransient, !batch.registration.isFenced {
                    engine.reports.putBack(batch, dueAt: .now.advanced(by: .seconds(1)))
                } else {
                    engine.reports.drop(batch.lines.count)
                    engine.observe(.reportsRefused(error))
                }
            }
        }
        return isWritten
    }
}

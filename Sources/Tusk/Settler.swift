import TuskStore

/// The thread that writes back how attempts ended, and what handlers say meanwhile, on a session of its own.
struct Settler {
    private let engine: Engine

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Runs until the worker has ended.
    func run() {
        var session = KeptSession(engine.store, for: .settler, observe: { [engine] in engine.observe($0) })
        while !engine.hasEnded {
            let now = ContinuousClock.now
            let reportsDueAt = engine.reports.dueAt
            if let reportsDueAt, reportsDueAt <= now { writeReports(&session) }
            let untilReports = reportsDueAt.map { max(.zero, now.duration(to: $0)) }
            switch engine.settlements.withState({ $0.next(at: now) }) {
            case .send(let batch): send(batch, &session)
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
        if batch.contains(where: \.hasReported) { writeReports(&session) }
        do throws(StoreError) {
            let now = ContinuousClock.now
            let entries = batch.map { $0.entry(at: now) }
            let statuses = try session.call { session throws(StoreError) in
                try session.settle(entries, worker: registration.id)
            }
            engine.settlements.withState { $0.answered() }
            judged(batch, statuses)
        } catch {
            failed(error)
        }
    }

    private func judged(_ batch: [Settlement], _ statuses: [SettleStatus]) {
        engine.metrics.settled(batch, statuses)
        for (settlement, status) in zip(batch, statuses) where status == .leaseLost {
            engine.observe(.leaseLost(settlement.job.id, settlement.job.lease))
        }
        let returned = zip(batch, statuses).filter { $0.verdict == .giveBack && $1 == .accepted }.map(\.0.job.queue)
        if !returned.isEmpty { engine.notifier.wake(Set(returned)) }
        engine.release(batch)
    }

    private func failed(_ error: StoreError) {
        guard !error.isTransient else {
            return engine.settlements.withState { $0.postponed(at: .now, random: Double.random(in: 0..<1)) }
        }
        guard let refused = engine.settlements.withState({ $0.refused() }) else { return }
        engine.observe(.settleRefused(refused.job.id, error))
        if refused.isBare {
            engine.release([refused])
        } else {
            engine.settlements.add(Settlement(bare: refused, error: "what the handler left behind could not be stored"))
        }
    }

    private func writeReports(_ session: inout KeptSession) {
        for batch in engine.reports.take() {
            do throws(StoreError) {
                try session.call { session throws(StoreError) in
                    try session.write(batch.lines, worker: batch.registration.id)
                    try session.write(batch.progress, worker: batch.registration.id)
                }
            } catch {
                if error.isTransient, !batch.registration.isFenced {
                    engine.reports.putBack(batch, dueAt: .now.advanced(by: .seconds(1)))
                } else {
                    engine.reports.drop(batch)
                    engine.observe(.reportsRefused(error))
                }
            }
        }
    }
}

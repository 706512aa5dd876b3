import TuskStore

/// The thread that looks at the time for everybody: timeouts of handlers, the age of the last heartbeat, the steps of a
/// drain. It never waits for the database or a handler.
struct Watch {
    /// How long a claimed job may wait for a slot before it goes back for others: 2 s. Claims take what the slots do in
    /// a tenth of a second; when they turn out slower than they were, nobody should have to wait for it.
    static let queueTimeMax = Duration.seconds(2)

    /// How long jobs may wait for a parked slot behind jobs that take longer than jobs did lately: 1 ms.
    static let stallTimeMax = Duration.milliseconds(1)

    private let engine: Engine
    private let tick: Duration

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
        tick = min(.milliseconds(100), engine.configuration.leaseTime / 6)
    }

    /// Runs until the worker has ended.
    func run() {
        while !engine.hasEnded {
            let now = ContinuousClock.now
            for registration in engine.registrar.all where !registration.isValid(at: now) {
                engine.fence(registration, .stale)
            }
            look(at: now)
            giveBackLate(at: now)
            engine.tickDrain(at: now)
            engine.feed.wakeWhenStalled()
            // Without jobs in hand there is nothing to look at until somebody rings.
            let isIdle = engine.jobsInHand == 0 && engine.mode == .working
            let rest = engine.feed.count > 0 ? Self.stallTimeMax : tick
            if !engine.hasEnded { engine.watchBell.wait(atMost: isIdle ? nil : rest) }
        }
    }

    private func look(at now: ContinuousClock.Instant) {
        let grace = engine.configuration.cancelGrace
        let running = engine.slots.running
        let isLong = { (run: JobRun) in run.startedAt.advanced(by: Self.stallTimeMax) < now }
        engine.feed.setHeld(running.count { isLong($0.run) } + engine.slots.stuckCount)
        for (slot, run) in running {
            switch run.alarm(at: now, grace: grace) {
            case .none: break
            case .stop: engine.slots.stop(run, in: slot, .timeout, at: now)
            case .abandon(let cause): engine.abandon(run, in: slot, cause)
            }
        }
    }

    private func giveBackLate(at now: ContinuousClock.Instant) {
        let latest = now.advanced(by: .zero - Self.queueTimeMax)
        guard let first = engine.feed.firstClaimedAt, first < latest else { return }
        engine.giveBack(engine.feed.remove { $0.claimedAt < latest })
    }
}

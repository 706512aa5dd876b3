import Glibc
import TuskStore

/// The thread that registers the worker and says that it lives, on a session of its own. No handler and no claim can
/// keep it from that.
struct Heartbeat {
    private let engine: Engine
    private let leaseTime: Duration

    /// A loop that has not begun.
    init(_ engine: Engine) {
        self.engine = engine
        leaseTime = engine.configuration.leaseTime
    }

    /// Runs until the worker has ended.
    func run() {
        var session = KeptSession(engine.store, for: .heartbeat, observe: { [engine] in engine.observe($0) })
        // A failed beat must leave time for several more before the worker has to fence itself.
        var backoff = Backoff(from: .milliseconds(50), to: min(leaseTime / 12, .seconds(1)))
        while !engine.hasEnded {
            do throws(StoreError) {
                try step(&session)
                backoff.reset()
            } catch {
                engine.heartbeatBell.wait(atMost: backoff.next(random: Double.random(in: 0..<1)))
            }
        }
        if !session.isLost {
            removeLate(&session)
            noteMinutes(&session)
        }
        session.close()
    }

    /// Takes back a registration whose call was under way when the worker ended. When that fails, it is taken for dead
    /// after its lease time.
    private func removeLate(_ session: inout KeptSession) {
        for registration in engine.registrar.all where registration.jobsInHand == 0 {
            do throws(StoreError) {
                try session.call { session throws(StoreError) in try session.remove(worker: registration.id) }
            } catch {
                return
            }
        }
    }

    private func step(_ session: inout KeptSession) throws(StoreError) {
        // The moment a call is sent is the earliest at which the database can have taken note of it.
        let now = ContinuousClock.now
        switch engine.registrar.step(engine.mode, at: now) {
        case .register:
            let record = record()
            try session.call { session throws(StoreError) in try session.register(record) }
            engine.registrar.registered(record.id, sentAt: now)
            engine.observe(.registered(record.id))
            engine.claimerBell.ring()
        case .beat(let id):
            // A sixth of the lease time, so that a connection that answers nothing can be replaced in time.
            let isKnown = try session.call { session throws(StoreError) in
                try session.beat(worker: id, within: leaseTime / 6)
            }
            if isKnown { engine.registrar.beaten(id, sentAt: now) } else { fence(id, .rescued) }
            noteMinutes(&session)
        case .fence(let id):
            fence(id, .stale)
        case .announceDrain(let id):
            try session.call { session throws(StoreError) in try session.drain(worker: id) }
            engine.registrar.announcedDrain(id)
        case .returnLeases(let id):
            engine.registrar.returningLeases(id, at: now)
            guard let registration = engine.registrar.token(id) else { return }
            let queues = try session.call { session throws(StoreError) in
                try session.returnLeases(of: id, except: registration.leasesInHand, within: leaseTime / 6)
            }
            engine.registrar.returnedLeases(id)
            engine.notifier.wake(Set(queues))
        case .remove(let id):
            try session.call { session throws(StoreError) in try session.remove(worker: id) }
            engine.registrar.forget(id)
            engine.watchBell.ring()
        case .wait(let time):
            engine.heartbeatBell.wait(atMost: time)
        case .done:
            engine.watchBell.ring()
            engine.heartbeatBell.wait(atMost: WorkerState.waitMax)
        }
    }

    /// Writes down what was counted for the charts. When that fails it is tried again after the next beat.
    private func noteMinutes(_ session: inout KeptSession) {
        do throws(StoreError) {
            try engine.metrics.minutes.flush { tallies throws(StoreError) in
                try session.call { session throws(StoreError) in try session.note(tallies, within: leaseTime / 6) }
            }
        } catch {
            engine.observe(.databaseFailed(.heartbeat, error))
        }
    }

    private func fence(_ id: WorkerID, _ reason: WorkerEvent.FenceReason) {
        if let registration = engine.registrar.token(id) { engine.fence(registration, reason) }
    }

    private func record() -> WorkerRecord {
        let configuration = engine.configuration
        return WorkerRecord(
            id: .random(),
            processID: getpid(),
            host: configuration.host,
            version: configuration.version,
            slots: configuration.concurrency,
            leaseTime: leaseTime,
            queues: configuration.queues,
            kinds: engine.handlers.keys.sorted()
        )
    }
}

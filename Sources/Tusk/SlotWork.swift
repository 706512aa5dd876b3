import TuskStore

/// What the task of a slot does: one job after another.
struct SlotWork: Sendable {
    private let engine: Engine

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// Runs on the slot's lane until the slot ends or needs another task.
    func run(_ slot: Slot) async {
        var wasParked = false
        engine.feed.join()
        defer { engine.feed.leave() }
        while true {
            switch engine.feed.take(wasParked: wasParked) {
            case .closed:
                return slot.lane.stop()
            case .empty:
                await engine.feed.park()
                wasParked = true
            case .item(let item):
                wasParked = false
                switch await work(on: item, in: slot) {
                case .takeOn: break
                case .renew: return slot.start { await SlotWork(engine).run($0) }
                case .end: return end(slot, after: item)
                }
            }
        }
    }

    private func work(on item: Feed.Item, in slot: Slot) async -> Slot.Next {
        guard let handler = engine.handlers[item.job.kind] else {
            engine.giveBack([item])
            return .takeOn
        }
        let now = ContinuousClock.now
        let run = JobRun(
            item,
            handler: handler,
            reports: engine.reports,
            store: engine.store,
            startedAt: now,
            trace: engine.tracer.flatMap { JobTrace(item.job, $0) }
        )
        // First in the slot, then the look at the registration: whoever fences it marks it first and then looks into
        // the slots, so one of the two sees the other.
        engine.slots.begin(run, in: slot)
        guard item.registration.isValid(at: now) else {
            engine.fence(item.registration, .stale)
            if let settlement = run.abandon(.fence) { engine.settle([settlement]) }
            return engine.slots.end(slot, after: .zero)
        }
        if let settlement = await run.perform() { engine.settle([settlement]) }
        return engine.slots.end(slot, after: now.duration(to: .now))
    }

    /// The handler of a slot that was given up has returned at last.
    private func end(_ slot: Slot, after item: Feed.Item) {
        engine.observe(.slotFreed(item.job.id, item.job.kind))
        engine.openMissingSlots()
        slot.lane.stop()
    }
}

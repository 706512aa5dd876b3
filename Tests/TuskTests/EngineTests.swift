import Dispatch
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore
import TuskTelemetry

@testable import Tusk

/// What is hard to meet from outside: two threads that come at the same moment.
@Suite struct EngineTests {
    private func engine() throws -> Engine {
        let settings = ConnectionSettings(conninfo: try ConnectionString("host=127.0.0.1 port=1 dbname=none"))
        return Engine(
            WorkerConfiguration(),
            store: Store(settings),
            handlers: [:],
            metrics: WorkerMetrics(MetricsRegistry()),
            observer: { _ in }
        )
    }

    @Test func `an engine that is drained before it starts has ended, also for those who wait`() async throws {
        let engine = try engine()
        let hasEnded = Box(false)
        engine.drain()
        engine.start()
        DispatchQueue.global().async {
            engine.waitForEnd()
            engine.waitForEnd()
            hasEnded.change { $0 = true }
        }
        try await eventually { hasEnded.value }
    }

    @Test func `a slot whose run ends while it is given up is not stuck for ever`() async throws {
        try await withDatabase(.migrated) { database in
            let store = database.store()
            defer { store.close() }
            let item = try store.withSession { session throws(StoreError) in try Self.item(session) }
            let slots = Slots()
            for number in 0..<3000 {
                let slot = Slot(number: number)
                defer { slot.lane.stop() }
                let run = JobRun(
                    try #require(item),
                    handler: Handler(kind: "noop", policy: .standard, perform: { _ in }),
                    reports: ReportQueue(settler: Bell()),
                    store: store,
                    startedAt: .now
                )
                slots.begin(run, in: slot)
                DispatchQueue.concurrentPerform(iterations: 2) { turn in
                    if turn == 0 { _ = slots.abandon(slot, run) } else { _ = slots.end(slot, after: .zero) }
                }
                #expect(slots.stuckCount == 0)
                #expect(slots.busyCount == 0)
                if slots.stuckCount > 0 { return }
            }
        }
    }

    @Test func `a job whose registration is over is settled once, whoever comes in between`() async throws {
        try await withDatabase(.migrated) { database in
            let store = database.store()
            defer { store.close() }
            let item = try store.withSession { session throws(StoreError) in try Self.item(session, validFor: .zero) }
            let (box, isFreed) = (Box<Engine?>(nil), Box(false))
            let engine = Engine(
                WorkerConfiguration(queues: [.standard], concurrency: 1),
                store: store,
                handlers: ["noop": Handler(kind: "noop", policy: .standard, perform: { _ in })],
                metrics: WorkerMetrics(MetricsRegistry())
            ) { event in
                if case .slotFreed = event { isFreed.change { $0 = true } }
                // The end of a drain comes at this very moment.
                guard case .fenced = event, let engine = box.value else { return }
                for (slot, run) in engine.slots.running { engine.abandon(run, in: slot, .drain) }
            }
            box.change { $0 = engine }
            engine.feed.push([try #require(item)], lowWater: 0)
            engine.slots.open(upTo: 1) { await SlotWork(engine).run($0) }
            try await eventually { isFreed.value }
            #expect(engine.settlements.count == 1)
            engine.feed.close()
        }
    }

    /// A claimed job.
    private static func item(
        _ session: StoreSession,
        validFor time: Duration = .seconds(15)
    ) throws(StoreError) -> Feed.Item? {
        let kind: Kind = "noop"
        let worker = WorkerID.random()
        try session.register(
            WorkerRecord(
                id: worker,
                processID: 1,
                host: "",
                version: "",
                slots: 1,
                leaseTime: .seconds(15),
                queues: [.standard],
                kinds: [kind]
            )
        )
        guard let job = try? NewJob(kind: kind) else { return nil }
        _ = try session.enqueue([job])
        let request = ClaimRequest(
            worker: worker,
            lanes: [Lane(queue: .standard, priority: .standard, cursor: 0)],
            kinds: [kind],
            jobsMax: 1
        )
        let registration = Registration(id: worker, validUntil: .now.advanced(by: time))
        return try session.claim(request).jobs.first.map {
            Feed.Item($0, registration, isAlone: false, claimedAt: .now)
        }
    }
}

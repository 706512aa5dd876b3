import TestSupport
import Testing
import Tusk
import TuskCore
import TuskStore

extension WorkerTests {
    @Suite struct RateTests {
        @Test func `a handler takes tokens and holds a key back`() async throws {
            let waits = Box<[Duration?]>([])
            let held = Box<[Bool]>([])
            try await withWorker(register: { worker in
                worker.register("call") { context in
                    for key in ["api", "api", "free"] {
                        let wait = try context.takeTokens(of: key, within: .seconds(1))
                        waits.change { $0.append(wait) }
                    }
                    for key in ["api", "free"] {
                        let isHeld = try context.holdBack(key, for: .seconds(3600))
                        held.change { $0.append(isHeld) }
                    }
                }
            }) { bench in
                let rate = try #require(RateLimit(1, per: .seconds(60)))
                let limit = try #require(KeyLimit("api", rate: rate))
                try bench.store.withSession { session throws(StoreError) in
                    _ = try session.putLimit(limit, by: "test")
                }
                let id = try bench.enqueue(.test("call"))[0]
                try await bench.wait(for: id, to: .completed)
                #expect(waits.value == [.zero, nil, .zero])
                #expect(held.value == [true, false])
                let late = "select (full_at > now() + interval '59 minutes')::text from tusk.rate_bucket"
                #expect(try bench.database.texts(late) == ["true"])
            }
        }
    }
}

import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import TuskAPI

struct LanesTests {
    private let outcomes = Outcomes()

    private final class Outcomes: Sendable {
        private let words = Mutex<[String]>([])
        func note(_ word: String) { words.withLock { $0.append(word) } }
        var all: [String] { words.withLock { $0 } }

        func work(_ name: String, _ body: @escaping @Sendable () -> Void = {}) -> Lanes.Work {
            let run: @Sendable () -> Void = {
                body()
                self.note("\(name) ran")
            }
            return Lanes.Work(run: run, refuse: { self.note("\(name) \($0.name)") })
        }
    }

    private func lanes(_ count: Int, waitingMax: Int = 100, waitingTimeMax: Duration = .seconds(60)) -> Lanes {
        Lanes("test", Lanes.Limits(lanes: count, waitingMax: waitingMax, waitingTimeMax: waitingTimeMax))
    }

    @Test func `one lane does its work in order`() async throws {
        let lanes = lanes(1)
        for number in 0..<50 { lanes.submit(outcomes.work("\(number)")) }
        lanes.start()
        try await eventually { outcomes.all.count == 50 }
        #expect(outcomes.all == (0..<50).map { "\($0) ran" })
        lanes.stop()
    }

    @Test func `blocking work does not hold up other lanes`() async throws {
        let lanes = lanes(3)
        let gate = DispatchSemaphore(value: 0)
        lanes.start()
        for name in ["a", "b"] { lanes.submit(outcomes.work(name) { gate.wait() }) }
        lanes.submit(outcomes.work("quick"))
        try await eventually { outcomes.all == ["quick ran"] }
        for _ in 0..<2 { gate.signal() }
        lanes.stop()
        #expect(Set(outcomes.all) == ["quick ran", "a ran", "b ran"])
    }

    @Test func `work for which there is no room is refused at once`() {
        let lanes = lanes(1, waitingMax: 2)
        for name in ["a", "b", "c"] { lanes.submit(outcomes.work(name)) }
        #expect(outcomes.all == ["c overloaded"])
        lanes.stop()
    }

    @Test func `work whose answer nobody waits for any more is refused when its turn comes`() async throws {
        let lanes = lanes(1, waitingTimeMax: .zero)
        lanes.submit(outcomes.work("late"))
        lanes.start()
        try await eventually { outcomes.all == ["late overloaded"] }
        lanes.stop()
    }

    @Test func `stop refuses what waits and what comes, and can be called again`() {
        let lanes = lanes(2)
        lanes.submit(outcomes.work("waiting"))
        lanes.stop()
        lanes.start()
        lanes.submit(outcomes.work("late"))
        lanes.stop()
        #expect(outcomes.all == ["waiting draining", "late draining"])
    }
}

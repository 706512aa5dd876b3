import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@Suite struct NotifierStateTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    @Test func `the first signals of a queue go at once, then one every 20 ms; others do not wait for it`() {
        var state = NotifierState()
        #expect(state.start() == true)
        #expect(state.start() == false)
        for _ in 0...NotifierState.spareMax {
            #expect(state.note(["a"] as [QueueName]) == true)
            #expect(state.note(["a"] as [QueueName]) == false, "it waits already")
            #expect(state.next(at: at(0)) == .send(["a"]))
            state.finished(["a"], isSent: true, at: at(0))
        }
        _ = state.note(["a"] as [QueueName])
        #expect(state.next(at: at(1)) == .wait(.milliseconds(19)))
        _ = state.note(["b"] as [QueueName])
        #expect(state.next(at: at(3)) == .send(["b"]))
        state.finished(["b"], isSent: true, at: at(4))
        #expect(state.next(at: at(20)) == .send(["a"]))
        state.finished(["a"], isSent: true, at: at(20))
        _ = state.note(["a"] as [QueueName])
        #expect(state.next(at: at(21)) == .wait(.milliseconds(19)))
        #expect(state.next(at: at(40)) == .send(["a"]))
        state.finished(["a"], isSent: true, at: at(40))
        #expect(state.next(at: at(40)) == .idle)
    }

    @Test func `while the database is away signals are kept, each queue once, and tried less and less often`() {
        var state = NotifierState()
        _ = state.start()
        var now = 0
        var waits: [Duration] = []
        for _ in 0..<8 {
            _ = state.note(["a"] as [QueueName])
            #expect(state.next(at: at(now)) == .send(["a"]))
            state.finished(["a"], isSent: false, at: at(now))
            guard case .wait(let time) = state.next(at: at(now)) else {
                Issue.record("it has to wait")
                return
            }
            waits.append(time)
            now += Int(time / .milliseconds(1))
        }
        #expect(waits.prefix(3) == [.milliseconds(20), .milliseconds(40), .milliseconds(80)])
        #expect(waits.last == NotifierState.pauseMax)
    }

    @Test func `what is noted when it stops is still sent, later signals are not`() {
        var state = NotifierState()
        _ = state.start()
        _ = state.note(["a"] as [QueueName])
        #expect(state.stop() == true)
        #expect(state.stop() == false)
        #expect(state.note(["b"] as [QueueName]) == false)
        #expect(state.next(at: at(0)) == .send(["a"]))
        state.finished(["a"], isSent: false, at: at(1))
        #expect(state.next(at: at(1)) == .end)
    }

    @Test func `one that was never used has nothing to stop`() {
        var state = NotifierState()
        #expect(state.stop() == false)
        #expect(state.start() == false)
    }
}

extension WorkerTests {
    @Suite struct NotifierTests {
        @Test func `a listener hears of a queue at once, and of a flood every 20 ms`() async throws {
            try await withDatabase(.migrated) { database in
                let store = database.store()
                let session = try database.storeSession()
                try session.session.listen(StoreSession.signalChannel)
                let notifier = Notifier(store: store)
                let interrupt = try Interrupt()
                notifier.wake(["mail"] as [QueueName])
                #expect(try session.nextSignal(within: .seconds(5), interrupt: interrupt) == "mail")
                let start = ContinuousClock.now
                while start.duration(to: .now) < .milliseconds(300) { notifier.wake(["mail"] as [QueueName]) }
                notifier.stop()
                var signals = 0
                while try session.nextSignal(within: .milliseconds(100), interrupt: interrupt) != nil { signals += 1 }
                let most = 17 + NotifierState.spareMax
                #expect((1...most).contains(signals), "300 ms hold 15 signals, those at the ends, and the spare ones")
                store.close()
            }
        }
    }
}

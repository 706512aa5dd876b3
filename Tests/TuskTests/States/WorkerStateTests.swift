import Testing
import TuskCore

@testable import Tusk

@Suite struct WorkerStateTests {
    private let start = ContinuousClock.now
    private let first = WorkerID(high: 0, low: 1)
    private let second = WorkerID(high: 0, low: 2)

    private func at(_ seconds: Double) -> ContinuousClock.Instant {
        start.advanced(by: .seconds(seconds))
    }

    private func registered() -> WorkerState {
        var state = WorkerState(leaseTime: .seconds(15))
        state.registered(first, sentAt: start)
        return state
    }

    @Test func `it registers, beats after a third of the lease and is fenced after two thirds`() {
        #expect(WorkerState(leaseTime: .seconds(15)).step(.working, at: start) { _ in 0 } == .register)
        var state = registered()
        #expect(state.step(.working, at: start) { _ in 0 } == .wait(.seconds(5)))
        #expect(state.step(.working, at: at(5)) { _ in 0 } == .beat(first))
        #expect(state.step(.working, at: at(9.999)) { _ in 0 } == .beat(first))
        #expect(state.step(.working, at: at(10)) { _ in 0 } == .fence(first))
        state.beaten(first, sentAt: at(5))
        #expect(state.step(.working, at: at(10)) { _ in 0 } == .beat(first))
        state.forget(first)
        #expect(state.step(.working, at: at(10)) { _ in 0 } == .register)
    }

    @Test func `a beat counts from when it was sent`() {
        var state = registered()
        state.beaten(first, sentAt: at(1))
        #expect(state.step(.working, at: at(11)) { _ in 0 } == .fence(first))
    }

    @Test func `a retired registration is kept alive until its jobs are settled`() {
        var state = registered()
        #expect(state.retire(first, at: start) == nil)
        #expect(state.current == nil)
        #expect(state.step(.working, at: start) { _ in 3 } == .register)
        state.registered(second, sentAt: at(1))
        for _ in 0..<2 { state.returnedLeases(first) }
        #expect(state.step(.working, at: at(5)) { _ in 3 } == .beat(first))
        #expect(state.step(.working, at: at(5)) { $0 == first ? 0 : 3 } == .remove(first))
        state.forget(first)
        #expect(state.current == second)
        #expect(state.step(.working, at: at(5)) { _ in 0 } == .wait(.seconds(1)))
    }

    @Test func `leases that nobody knows are put back at once and once more, and never before a beat that is due`() {
        var state = registered()
        #expect(state.retire(first, at: at(1)) == nil)
        state.registered(second, sentAt: at(1))
        #expect(state.step(.working, at: at(1)) { _ in 0 } == .returnLeases(first), "before it is removed")
        state.returningLeases(first, at: at(1))
        #expect(state.step(.working, at: at(1)) { _ in 3 } == .wait(WorkerState.returnRetryTime))
        #expect(state.step(.working, at: at(2)) { _ in 3 } == .returnLeases(first))
        state.returnedLeases(first)
        #expect(state.step(.working, at: at(5)) { _ in 3 } == .beat(first))
        for id in [first, second] { state.beaten(id, sentAt: at(5)) }
        #expect(state.step(.working, at: at(5.5)) { _ in 3 } == .wait(.seconds(0.5)))
        #expect(state.step(.working, at: at(6)) { _ in 3 } == .returnLeases(first))
        state.returnedLeases(first)
        #expect(state.step(.working, at: at(6)) { _ in 3 } == .wait(.seconds(4)))
        #expect(state.step(.working, at: at(6)) { _ in 0 } == .remove(first))
    }

    @Test func `when too many wait for their jobs the oldest is to be fenced`() {
        var state = registered()
        var fenced: WorkerID?
        for number in 0...WorkerState.retiringMax {
            let id = WorkerID(high: 1, low: UInt64(number))
            state.registered(id, sentAt: at(Double(number) / 100))
            fenced = state.retire(id, at: start)
            #expect((fenced == nil) == (number < WorkerState.retiringMax))
        }
        #expect(fenced == WorkerID(high: 1, low: 0))
    }

    @Test func `a draining worker says so, goes on beating and is removed when all is settled`() {
        var state = registered()
        #expect(state.step(.draining, at: start) { _ in 1 } == .announceDrain(first))
        state.announcedDrain(first)
        #expect(state.step(.draining, at: at(5)) { _ in 1 } == .beat(first))
        #expect(state.step(.closing, at: start) { _ in 1 } == .wait(.seconds(5)))
        #expect(state.step(.closing, at: start) { _ in 0 } == .remove(first))
        state.forget(first)
        #expect(state.step(.closing, at: start) { _ in 0 } == .done)
        #expect(state.step(.draining, at: start) { _ in 0 } == .wait(WorkerState.waitMax))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no registration is ever relied on for longer than two thirds of the lease`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var state = WorkerState(leaseTime: .seconds(15))
        var now = start
        var lastID: UInt64 = 0
        for _ in 0..<2000 {
            switch state.step(.working, at: now, jobsInHand: { _ in Int.random(in: 0...1, using: &random) }) {
            case .register:
                lastID += 1
                state.registered(WorkerID(high: seed, low: lastID), sentAt: now)
            case .beat(let id):
                if Int.random(in: 0..<4, using: &random) > 0 { state.beaten(id, sentAt: now) }
            case .fence(let id), .remove(let id): state.forget(id)
            case .returnLeases(let id):
                state.returningLeases(id, at: now)
                if Bool.random(using: &random) { state.returnedLeases(id) }
            case .announceDrain, .done: Issue.record("it works on, seed \(seed)")
            case .wait(let time): now = now.advanced(by: min(time, .seconds(1)))
            }
            if Int.random(in: 0..<10, using: &random) == 0, let current = state.current {
                if let oldest = state.retire(current, at: now) { state.forget(oldest) }
            }
            if Int.random(in: 0..<20, using: &random) == 0 { now = now.advanced(by: .seconds(4)) }
            let stale = state.standings.filter { $0.value.beatenAt.advanced(by: .seconds(10)) <= now }
            if let victim = stale.first?.key {
                guard case .fence(let id) = state.step(.working, at: now, jobsInHand: { _ in 0 }) else {
                    Issue.record("\(victim) is stale and comes first, seed \(seed)")
                    return
                }
                #expect(stale.keys.contains(id))
            }
            #expect(state.standings.values.count(where: \.isRetiring) <= WorkerState.retiringMax, "seed \(seed)")
        }
    }
}

@Suite struct RegistrationTests {
    private let start = ContinuousClock.now
    private let id = WorkerID(high: 3, low: 4)

    @Test func `a registration holds until its end and no longer`() {
        let registration = Registration(id: id, validUntil: start.advanced(by: .seconds(10)))
        #expect(registration.isValid(at: start.advanced(by: .seconds(9.999))))
        #expect(!registration.isValid(at: start.advanced(by: .seconds(10))))
        registration.extend(until: start.advanced(by: .seconds(20)))
        #expect(registration.isValid(at: start.advanced(by: .seconds(19))))
    }

    @Test func `a fence is for good, and only one caller puts it up`() {
        let registration = Registration(id: id, validUntil: start.advanced(by: .seconds(10)))
        #expect(registration.fence())
        #expect(!registration.fence())
        registration.extend(until: start.advanced(by: .seconds(20)))
        #expect(!registration.isValid(at: start))
        #expect(registration.isFenced)
    }

    @Test func `a registration knows the leases of which a job is in hand`() {
        let registration = Registration(id: id, validUntil: start)
        registration.take([.test(1), .test(1), .test(2), .test(1)])
        registration.release([.test(1), .test(2), .test(1)])
        #expect(registration.leasesInHand == [.test(1)])
        #expect(registration.jobsInHand == 1)
        registration.release([.test(1)])
        #expect(registration.leasesInHand == [])
    }

    @Test func `a registrar renews by the moment a beat was sent`() {
        let registrar = Registrar(leaseTime: .seconds(15))
        registrar.registered(id, sentAt: start)
        let token = registrar.current
        #expect(token?.isValid(at: start.advanced(by: .seconds(9))) == true)
        #expect(token?.isValid(at: start.advanced(by: .seconds(10))) == false)
        registrar.beaten(id, sentAt: start.advanced(by: .seconds(5)))
        #expect(token?.isValid(at: start.advanced(by: .seconds(14))) == true)
        registrar.forget(id)
        #expect(registrar.current == nil)
        #expect(registrar.all.isEmpty)
    }
}

import Testing

@testable import TuskPostgres

@Suite struct ConnectionPoolStateTests {
    private final class Waiter: Sendable {}
    private typealias State = ConnectionPoolState<Int, Waiter>
    private let start = ContinuousClock.now

    private func isRefused(_ decision: State.Decision?, with error: PostgresError) -> Bool {
        if case .refuse(let found) = decision { found == error } else { false }
    }

    private func session(_ decision: State.Decision?) -> Int? {
        if case .use(let idle, _) = decision { idle.session } else { nil }
    }

    @Test func `whoever waits longest is served first and nobody overtakes`() {
        var state = State(sizeMax: 1, idleMax: .seconds(60))
        let (first, second) = (Waiter(), Waiter())
        _ = state.borrow(now: start, waiter: Waiter())
        state.opened()
        let decisions = [first, second].map { state.borrow(now: start, waiter: $0) }
        #expect(decisions.allSatisfy { $0 == nil })
        let (call, unwanted) = state.giveBack(7, epoch: 0, now: start)
        #expect(call?.waiter === first)
        #expect(session(call?.decision) == 7)
        #expect(unwanted == nil)
        let overtaker = state.borrow(now: start, waiter: Waiter())
        #expect(overtaker == nil)
        let (isSecondKnown, isFirstKnown) = (state.forget(second), state.forget(first))
        #expect(isSecondKnown)
        #expect(!isFirstKnown)
    }

    @Test func `room that becomes free is given to who waits`() {
        var state = State(sizeMax: 1, idleMax: .seconds(60))
        let waiter = Waiter()
        _ = state.borrow(now: start, waiter: Waiter())
        state.opened()
        _ = state.borrow(now: start, waiter: waiter)
        let call = state.discard()
        #expect(call?.waiter === waiter)
        #expect(state.openingCount == 1)
        #expect(state.lentCount == 0)
    }

    @Test func `a session idle for too long, or suspected, must prove itself`() {
        var state = State(sizeMax: 2, idleMax: .seconds(60))
        func borrowed(after duration: Duration) -> Bool? {
            let decision = state.borrow(now: start.advanced(by: duration), waiter: Waiter())
            if case .use(_, let mustProve) = decision { return mustProve }
            return nil
        }
        _ = state.borrow(now: start, waiter: Waiter())
        state.opened()
        _ = state.giveBack(1, epoch: 0, now: start)
        #expect(borrowed(after: .seconds(60)) == false)
        _ = state.giveBack(1, epoch: 0, now: start)
        #expect(borrowed(after: .seconds(61)) == true)
        _ = state.giveBack(1, epoch: 0, now: start)
        state.suspect(now: start.advanced(by: .seconds(1)))
        #expect(borrowed(after: .seconds(2)) == true)
        _ = state.giveBack(1, epoch: 0, now: start.advanced(by: .seconds(3)))
        #expect(borrowed(after: .seconds(4)) == false)
    }

    @Test func `back-off doubles up to its limit and is drawn at random`() {
        var backoff = Backoff()
        let error = PostgresError.connection(message: "refused", sent: false)
        for limit in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            backoff.fail(error, now: start, random: 1)
            let before = start.advanced(by: .milliseconds(limit - 1))
            #expect(backoff.refusal(now: before, isTrying: false) == error)
            #expect(backoff.refusal(now: start.advanced(by: .milliseconds(limit)), isTrying: false) == nil)
            #expect(backoff.refusal(now: start.advanced(by: .milliseconds(limit)), isTrying: true) == error)
        }
        backoff.fail(error, now: start, random: 0)
        #expect(backoff.refusal(now: start, isTrying: false) == nil)
    }

    @Test func `a failed attempt refuses those who wait, a success forgets the failures`() {
        var state = State(sizeMax: 1, idleMax: .seconds(60))
        let error = PostgresError.connection(message: "refused", sent: false)
        _ = state.borrow(now: start, waiter: Waiter())
        _ = state.borrow(now: start, waiter: Waiter())
        #expect(state.openFailed(error, now: start, random: 1).count == 1)
        let soon = state.borrow(now: start, waiter: Waiter())
        #expect(isRefused(soon, with: error))
        let later = start.advanced(by: .milliseconds(100))
        _ = state.borrow(now: later, waiter: Waiter())
        let meanwhile = state.borrow(now: later, waiter: Waiter())
        #expect(isRefused(meanwhile, with: error), "another tries already")
        state.opened()
        _ = state.discard()
        let afterwards = state.borrow(now: later, waiter: Waiter())
        #expect(!isRefused(afterwards, with: error))
    }

    /// The counts always add up: nothing is lent twice, nothing is forgotten, nobody waits while there is something.
    @Test func `a random walk keeps the books`() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var walk = Walk(sizeMax: Int.random(in: 1...4, using: &generator))
            for _ in 0..<200 {
                walk.step(&generator)
                #expect(walk.complaint == nil, "seed \(seed)")
                if walk.complaint != nil { return }
            }
        }
    }

    private struct Walk {
        private var state: State
        private let sizeMax: Int
        private var now = ContinuousClock.now
        private var lent: [(session: Int, epoch: Int)] = []
        private var opening: [Int] = []
        private var waiting: [Waiter] = []
        private var lastSession = 0

        init(sizeMax: Int) {
            self.sizeMax = sizeMax
            state = State(sizeMax: sizeMax, idleMax: .seconds(1))
        }

        mutating func step(_ generator: inout some RandomNumberGenerator) {
            now = now.advanced(by: .milliseconds(Int.random(in: 0...400, using: &generator)))
            switch Int.random(in: 0..<12, using: &generator) {
            case 0..<4:
                let waiter = Waiter()
                let decision = state.borrow(now: now, waiter: waiter)
                if decision == nil { waiting.append(waiter) } else { follow(decision) }
            case 4..<8 where !lent.isEmpty: endLoan(&generator)
            case 8..<10 where !opening.isEmpty: endOpening(&generator)
            case 10 where !waiting.isEmpty:
                let waiter = waiting.removeFirst()
                precondition(state.forget(waiter))
            default: state.suspect(now: now)
            }
        }

        private mutating func endLoan(_ generator: inout some RandomNumberGenerator) {
            let (session, epoch) = lent.remove(at: Int.random(in: lent.indices, using: &generator))
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                _ = state.condemn(epoch: epoch)
                follow(state.discard())
            case 1: follow(state.discard())
            default: follow(state.giveBack(session, epoch: epoch, now: now).call)
            }
        }

        private mutating func endOpening(_ generator: inout some RandomNumberGenerator) {
            let epoch = opening.removeFirst()
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                for call in state.openFailed(.closed, now: now, random: 1) { follow(call) }
            case 1: follow(state.openGivenUp())
            default:
                state.opened()
                lastSession += 1
                lent.append((lastSession, epoch))
            }
        }

        private mutating func follow(_ call: State.Call?) {
            guard let call else { return }
            waiting.removeAll { $0 === call.waiter }
            follow(call.decision)
        }

        private mutating func follow(_ decision: State.Decision?) {
            switch decision {
            case .use(let idle, _): lent.append((idle.session, idle.epoch))
            case .open(let epoch): opening.append(epoch)
            case .refuse, nil: break
            }
        }

        var complaint: String? {
            let sessions = lent.map(\.session) + state.idle.map(\.session)
            if Set(sessions).count != sessions.count { return "a session is in two places" }
            if state.lentCount != lent.count || state.openingCount != opening.count { return "the counts are wrong" }
            if state.idle.count + lent.count + opening.count > sizeMax { return "too many sessions" }
            if state.waiters.count != waiting.count { return "the queue is wrong" }
            if !waiting.isEmpty && lent.count + opening.count < sizeMax { return "somebody waits for nothing" }
            if state.idle.contains(where: { $0.epoch != state.epoch }) { return "a condemned session is idle" }
            return nil
        }
    }
}

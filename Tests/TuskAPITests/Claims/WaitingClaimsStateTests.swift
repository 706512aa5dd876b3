import Testing
import TuskCore
import TuskStore

@testable import TuskAPI

struct WaitingClaimsStateTests {
    private typealias State = WaitingClaimsState<Int>

    private static let start = ContinuousClock.now
    private static let mail = ClaimDemand(queues: ["mail"], kinds: ["send"])
    private static let slow = ClaimDemand(queues: ["slow", "mail"], kinds: ["report"])

    private static func at(_ milliseconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    private static func state(waitsMax: Int = 100) -> State {
        State(limits: State.Limits(waitsMax: waitsMax))
    }

    /// What a step is, in a word.
    private static func word(_ step: State.Step) -> String {
        switch step {
        case .attempt(let attempt): "try \(attempt.waiter)"
        case .timeUp(let waiters): "empty \(waiters)"
        case .refuse(let waiters): "refuse \(waiters)"
        case .wait(let time): "wait \(time.wholeMilliseconds)"
        case .idle: "idle"
        case .end: "end"
        }
    }

    /// What the state does next.
    private static func next(_ state: inout State, at milliseconds: Int) -> String {
        word(state.next(at: at(milliseconds)))
    }

    private static func signal(_ state: inout State, _ queues: Set<QueueName>) -> Bool {
        state.signal(queues)
    }

    private static func enter(
        _ state: inout State,
        _ waiter: Int,
        _ demand: ClaimDemand,
        until: Int,
        at: Int = 0
    ) -> Bool {
        state.enter(waiter, demand, until: Self.at(until), at: Self.at(at))
    }

    private static func attempt(_ state: inout State, at milliseconds: Int) throws -> State.Attempt {
        guard case .attempt(let attempt) = state.next(at: at(milliseconds)) else {
            throw NotAnAttempt()
        }
        return attempt
    }

    private struct NotAnAttempt: Error {}

    @Test func `of those that want the same only the first tries, and what it misses is not there for the others`()
        throws
    {
        var state = Self.state()
        #expect(Self.next(&state, at: 0) == "idle")
        for waiter in 1...3 { #expect(Self.enter(&state, waiter, Self.mail, until: 1000)) }
        let first = try Self.attempt(&state, at: 0)
        #expect(first.waiter == 1)
        // Nobody else tries meanwhile.
        #expect(Self.next(&state, at: 1) == "wait 500")
        state.finished(first, .nothing, at: Self.at(2))
        #expect(Self.next(&state, at: 2) == "wait 498")
        // A poll is due 500 ms after the last try, and it is the first one's again.
        let poll = try Self.attempt(&state, at: 500)
        #expect(poll.waiter == 1)
        state.finished(poll, .nothing, at: Self.at(501))
        // Their time is up for all.
        #expect(Self.next(&state, at: 1000) == "empty [1, 2, 3]")
        #expect(Self.next(&state, at: 1000) == "idle")
        #expect(state.waitCount == 0)
    }

    @Test func `when the first got jobs the next one tries at once`() throws {
        var state = Self.state()
        for waiter in 1...2 { #expect(Self.enter(&state, waiter, Self.mail, until: 1000)) }
        state.finished(try Self.attempt(&state, at: 0), .over, at: Self.at(1))
        let second = try Self.attempt(&state, at: 1)
        #expect(second.waiter == 2 && state.waitCount == 1)
        state.finished(second, .over, at: Self.at(1))
        #expect(Self.next(&state, at: 1) == "idle")
        #expect(state.waitCount == 0)
    }

    @Test func `one that came while another tried is tried for itself before its time is up`() throws {
        var state = Self.state()
        #expect(Self.enter(&state, 1, Self.mail, until: 5000))
        let first = try Self.attempt(&state, at: 0)
        #expect(Self.enter(&state, 2, Self.mail, until: 1, at: 1))
        #expect(Self.next(&state, at: 2) != "empty [2]")
        state.finished(first, .nothing, at: Self.at(3))
        // The line tries again for the one that came, and then that one is answered.
        state.finished(try Self.attempt(&state, at: 3), .nothing, at: Self.at(4))
        #expect(Self.next(&state, at: 4) == "empty [2]")
        #expect(state.waitCount == 1)
    }

    @Test func `a signal wakes those who wait for the queue, also while one of them tries`() throws {
        var state = Self.state()
        #expect(!Self.signal(&state, ["mail"]))
        #expect(Self.enter(&state, 1, Self.mail, until: 5000))
        #expect(Self.enter(&state, 2, Self.slow, until: 5000))
        let (first, second) = (try Self.attempt(&state, at: 0), try Self.attempt(&state, at: 0))
        state.finished(first, .nothing, at: Self.at(1))
        #expect(!Self.signal(&state, ["other"]))
        #expect(Self.signal(&state, ["slow"]))
        #expect(Self.next(&state, at: 1).hasPrefix("wait"))
        state.finished(second, .nothing, at: Self.at(2))
        #expect(try Self.attempt(&state, at: 2).waiter == 2)
        #expect(Self.signal(&state, ["mail"]))
        #expect(try Self.attempt(&state, at: 2).waiter == 1)
    }

    @Test func `all lines together are polled at a bounded rate, the one that waited longest first`() throws {
        var state = Self.state()
        for number in 0..<100 {
            let demand = ClaimDemand(queues: ["default"], kinds: [try #require(Kind("k\(number)"))])
            #expect(Self.enter(&state, number, demand, until: 60_000))
            state.finished(try Self.attempt(&state, at: number), .nothing, at: Self.at(number))
        }
        var polled: [Int] = []
        for millisecond in 500..<5500 {
            guard case .attempt(let attempt) = state.next(at: Self.at(millisecond)) else { continue }
            polled.append(attempt.waiter)
            state.finished(attempt, .nothing, at: Self.at(millisecond))
        }
        #expect(polled == Array(0..<100))
    }

    @Test func `when the database fails the one that tried is over, and those whose time is up are refused`() throws {
        var state = Self.state()
        for (waiter, until) in [(1, 1000), (2, 0), (3, 1000)] {
            #expect(Self.enter(&state, waiter, Self.mail, until: until))
        }
        state.finished(try Self.attempt(&state, at: 0), .failed, at: Self.at(1))
        #expect(Self.next(&state, at: 1) == "refuse [2]")
        #expect(state.waitCount == 1)
        #expect(Self.next(&state, at: 1).hasPrefix("wait"))
        #expect(try Self.attempt(&state, at: 500).waiter == 3)
    }

    @Test func `no more than the limit wait, those that leave make room, and an empty line is forgotten`() throws {
        var state = Self.state(waitsMax: 2)
        #expect(Self.enter(&state, 1, Self.mail, until: 1000))
        #expect(Self.enter(&state, 2, Self.mail, until: 1000))
        #expect(!Self.enter(&state, 3, Self.mail, until: 1000))
        let first = try Self.attempt(&state, at: 0)
        state.removeAll { $0 == 2 }
        #expect(Self.enter(&state, 4, Self.slow, until: 1000))
        state.finished(first, .over, at: Self.at(1))
        #expect(try Self.attempt(&state, at: 1).waiter == 4)
        #expect(!Self.signal(&state, ["nothing"]))
        #expect(state.waitCount == 1)
    }

    @Test func `a drain ends all waits, also that of one that tries, and lets nobody in`() throws {
        var state = Self.state()
        for waiter in 1...2 { #expect(Self.enter(&state, waiter, Self.mail, until: 60_000)) }
        let first = try Self.attempt(&state, at: 0)
        state.stop(at: Self.at(1))
        #expect(Self.next(&state, at: 1) == "empty [2]")
        state.finished(first, .nothing, at: Self.at(2))
        #expect(Self.next(&state, at: 2) == "empty [1]")
        #expect(Self.next(&state, at: 2) == "end")
        #expect(!Self.enter(&state, 3, Self.mail, until: 60_000))
    }
}

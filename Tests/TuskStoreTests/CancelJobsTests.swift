import TestSupport
import Testing
import TuskCore
import TuskStore

/// Cancelling many jobs that have not ended, batch by batch.
@Suite struct CancelJobsTests {
    @Test(arguments: [false, true])
    func `all that have not ended and are like the filter are cancelled, and those that run unless they are spared`(
        _ sparesRunning: Bool
    ) async throws {
        try await withStore { store in
            let worker = try store.worker()
            let running = try store.enqueue(try .test(queue: "mail"))
            #expect(try store.claim(worker, queues: ["mail"]).map(\.id) == running)
            let waiting = try store.enqueue(try .test(queue: "mail"), try .test("other", queue: "mail"))
            let due = try store.enqueue(try .test(queue: "mail", runAt: .after(.seconds(3600))))
            try store.database.script("select tusk.put_limit('tenant:7', running_max => 1)")
            let limited = try store.enqueue(try .test(queue: "mail", order: JobOrder("line")))
            let blocked = try store.enqueue(try .test(queue: "mail", order: JobOrder("line")))
            #expect(try store.state(blocked[0]) == .blocked)
            let others = try store.enqueue(try .test(), try .test(queue: "mails"))

            let wish = NewOperation(.cancel, FailureFilter(queue: "mail"), sparesRunning: sparesRunning)
            let count = try store.session.count(wish)
            #expect(count.matched == (sparesRunning ? 5 : 6) && count.isExact)
            let made = try #require(try store.session.create(wish, matched: count.matched, by: "anna"))
            let later = try store.enqueue(try .test(queue: "mail"))
            let round = try store.session.runOperation()
            #expect(round.done == count.matched && round.state == .completed && round.queues.isEmpty)
            let done = try #require(try store.session.operation(made.id))
            #expect(done.done == count.matched && done.examined == 8 && done.sparesRunning == sparesRunning)
            #expect(try (waiting + due + limited + blocked).map(store.state).allSatisfy { $0 == .cancelled })
            let left = try (others + later).map(store.state)
            #expect(left.allSatisfy { $0 == .available }, "others, and what came later")
            let told = try store.session.cancelRequests(worker: worker).map(\.id)
            #expect(told == (sparesRunning ? [] : running))
        }
    }

    @Test func `batches are bounded, and each goes on where the last one ended`() async throws {
        try await withStore { store in
            try store.enqueue(count: 450)
            try store.enqueue(count: 50, "other")
            let wish = NewOperation(.cancel, FailureFilter(kind: "noop"))
            let made = try #require(try store.session.create(wish, matched: 450, by: "anna"))
            var rounds: [Int] = []
            while try store.session.operation(made.id)?.state == .running, rounds.count < 9 {
                rounds.append(try store.session.runOperation().done)
            }
            #expect(rounds == [200, 200, 50])
            #expect(try store.session.operation(made.id)?.examined == 500)
            #expect(try store.database.number("select count(*) from tusk.ready") == 50)
        }
    }

    @Test func `it keeps its rate and ends when it is cancelled`() async throws {
        try await withStore { store in
            try store.enqueue(count: 10)
            let wish = NewOperation(.cancel, FailureFilter(kind: "noop"), perSecond: 4)
            let made = try #require(try store.session.create(wish, matched: 10, by: "anna"))
            #expect(try store.session.runOperation().done == 1, "a fourth of a second's jobs")
            #expect(try #require(try store.session.runOperation().wait) <= .milliseconds(250))
            _ = try store.session.cancelOperation(made.id, by: "bert", reason: nil)
            #expect(try store.session.runOperation().id == nil)
            #expect(try store.database.number("select count(*) from tusk.ready") >= 8)
        }
    }

    @Test func `jobs that are claimed meanwhile end once, cancelled or completed`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let ids = try store.enqueue(count: 600)
            let wish = NewOperation(.cancel, FailureFilter(kind: "noop"))
            let made = try #require(try store.session.create(wish, matched: 600, by: "anna"))
            async let worked: Void = Lane.run("worker") {
                let other = try StoreFixture(database)
                defer { other.session.close() }
                let worker = try other.worker()
                while case let jobs = try other.claim(worker, max: 7), !jobs.isEmpty {
                    _ = try other.settle(jobs, worker)
                }
            }
            while try store.session.operation(made.id)?.state == .running { _ = try store.session.runOperation() }
            try await worked
            let states = try ids.map(store.state)
            #expect(states.allSatisfy { $0 == .cancelled || $0 == .completed })
            #expect(try database.number("select count(*) from tusk.outcome") == 600)
            let cancelled = states.count { $0 == .cancelled }
            #expect(try store.session.operation(made.id)?.done == Int64(cancelled))
        }
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Retrying many discarded jobs, batch by batch.
@Suite struct OperationTests {
    @Test func `an operation retries what its filter lets through, and nothing else`() async throws {
        try await withStore { store in
            let ids = try store.discard(["no route 1", "no route 2", "disk full"], reason: "attempts")
            let others = try store.discard(["no route 1"], "other", reason: "handler")
            let group = try #require(try store.session.errorGroups(FailureFilter(kind: "noop"), max: 1).groups.first)
            let filter = FailureFilter(kind: "noop", fingerprint: ErrorFingerprint(group.fingerprint))
            let count = try store.session.countFailures(filter)
            #expect(count.matched == 2 && count.examined == 4 && count.isExact)
            let made = try store.operation(filter, reason: "it is back")
            #expect(made.state == .running && made.filter == filter && made.matched == 2)
            #expect(made.createdBy == "anna" && made.reason == "it is back" && made.endedAt == nil)

            let round = try store.session.runOperation()
            #expect(round.done == 2 && round.queues == [.standard] && round.state == .completed)
            let done = try #require(try store.session.operation(made.id))
            #expect(done.done == 2 && done.examined == 4 && done.refused == 0 && done.endedAt != nil)
            #expect(try ids.map(store.state) == [.available, .available, .discarded])
            #expect(try others.map(store.state) == [.discarded])
            let idle = try store.session.runOperation()
            #expect(idle.id == nil && idle.wait == nil)
        }
    }

    @Test func `what is discarded after it was asked for is left alone, also when it is its own`() async throws {
        try await withStore { store in
            let ids = try store.discard(["a"], reason: "attempts")
            let made = try store.operation(FailureFilter(kind: "noop"), perSecond: 1)
            let later = try store.discard(["a"], reason: "attempts")
            #expect(try store.session.runOperation().done == 1)
            try store.discardAgain()
            try store.due(made)
            #expect(try store.session.runOperation().done == 0)
            #expect(try store.session.operation(made.id)?.state == .completed)
            #expect(try (ids + later).map(store.state) == [.discarded, .discarded])
        }
    }

    @Test func `batches are bounded and each job is looked at once, however many ended in one moment`() async throws {
        try await withStore { store in
            try store.database.script(
                """
                insert into tusk.outcome (attempt, state, id, lease, started_at, finished_at, reason, error)
                select 1, 'discarded', tusk.enqueue('noop'), 7, now(), now(), 'attempts', 'a'
                from generate_series(1, 450);
                delete from tusk.ready
                """
            )
            let made = try store.operation(FailureFilter(kind: "noop"))
            var rounds: [Int] = []
            while try store.session.operation(made.id)?.state == .running, rounds.count < 9 {
                rounds.append(try store.session.runOperation().done)
            }
            #expect(rounds == [200, 200, 50])
            #expect(try store.session.operation(made.id)?.examined == 450)
            #expect(try store.database.number("select count(*) from tusk.ready") == 450)
        }
    }

    @Test func `a rate holds`() async throws {
        try await withStore { store in
            try store.discard(Array(repeating: "a", count: 9), reason: "attempts")
            let made = try store.operation(FailureFilter(kind: "noop"), perSecond: 8)
            let first = try store.session.runOperation()
            #expect(first.done == 2 && first.id == made.id)
            let wait = try #require(first.wait)
            #expect(wait > .milliseconds(100) && wait <= .milliseconds(250))
            #expect(try store.session.runOperation().id == nil, "not before it is due")
            try store.due(made)
            #expect(try store.session.runOperation().done == 2)
        }
    }

    @Test func `what cannot be retried is counted and holds nothing up`() async throws {
        try await withStore { store in
            let text = #"{"kind":"noop","unique":{"key":"k","until":"finished"}}"#
            let unique = try NewJob(json: try JSONDocument(validating: Array(text.utf8), limits: .body).root)
            let ids = try store.enqueue(unique, .test())
            let worker = try store.worker()
            _ = try store.settle(try store.claim(worker), .discard, worker)
            let holder = try store.enqueue(unique)
            #expect(holder != [ids[0]])
            let made = try store.operation(FailureFilter(kind: "noop"))
            #expect(try store.session.runOperation().done == 1)
            let done = try #require(try store.session.operation(made.id))
            #expect(done.state == .completed && done.done == 1 && done.refused == 1)
            #expect(done.fault?.hasPrefix("job \(ids[0]): its unique key is held") == true, "\(done.fault ?? "")")
            #expect(try ids.map(store.state) == [.discarded, .available])
        }
    }

    @Test func `one that another scheduler works on is not taken`() async throws {
        try await withStore { store in
            try store.discard(["a"], reason: "attempts")
            _ = try store.operation(FailureFilter(kind: "noop"))
            let other = try store.database.session()
            defer { other.close() }
            try other.script("begin; select id from tusk.operation for update")
            #expect(try store.session.runOperation().id == nil)
            try other.script("rollback")
            #expect(try store.session.runOperation().done == 1)
        }
    }

    @Test func `a cancelled operation does nothing more, and one that ended is not cancelled`() async throws {
        try await withStore { store in
            let ids = try store.discard(["a"], reason: "attempts")
            let made = try store.operation(FailureFilter(kind: "noop"))
            for _ in 0..<2 {
                let answer = try store.session.cancelOperation(made.id, by: "bert", reason: "wrong one")
                guard case .cancelled(let record) = answer else { throw Unexpected(answer) }
                #expect(
                    record.state == .cancelled && record.cancelledBy == "bert" && record.cancelReason == "wrong one"
                )
                #expect(record.cancelledAt != nil && record.endedAt == record.cancelledAt)
            }
            #expect(try store.session.runOperation().id == nil)
            #expect(try ids.map(store.state) == [.discarded])
            let next = try store.operation(FailureFilter(kind: "noop"))
            _ = try store.session.runOperation()
            guard case .ended = try store.session.cancelOperation(next.id, by: "bert", reason: nil) else {
                throw Unexpected("it had ended")
            }
            #expect(try store.session.cancelOperation(99, by: "bert", reason: nil) == .notFound)
        }
    }

    @Test func `only so many are under way, and those that are over are pruned after a time`() async throws {
        try await withStore { store in
            let filter = FailureFilter(kind: "noop")
            for _ in 0..<StoreSession.operationsUnderWayMax { _ = try store.operation(filter) }
            #expect(try store.session.create(NewOperation(.retry, filter), matched: 0, by: "anna") == nil)
            let last = try #require(try store.session.operations(below: nil, max: 2).first)
            _ = try store.session.cancelOperation(last.id, by: "anna", reason: nil)
            #expect(try store.operation(filter).id > last.id)
            try store.database.script(
                "update tusk.operation set ended_at = now() - interval '1 year' where id = \(last.id)"
            )
            _ = try store.session.prune()
            #expect(try store.session.operation(last.id) == nil)
            #expect(try store.database.number("select count(*) from tusk.operation") == 100)
        }
    }
}

/// An answer that the test did not wait for.
private struct Unexpected: Error {
    let answer: String
    init(_ answer: some Any) { self.answer = "\(answer)" }
}

extension StoreFixture {
    /// Asks for an operation.
    func operation(
        _ filter: FailureFilter,
        perSecond: Int? = nil,
        canary: Canary? = nil,
        reason: String? = nil
    ) throws -> OperationRecord {
        let wish = NewOperation(.retry, filter, perSecond: perSecond, canary: canary, reason: reason)
        let count = try session.countFailures(filter)
        return try #require(try session.create(wish, matched: count.matched, by: "anna"))
    }

    /// Makes an operation due now.
    func due(_ operation: OperationRecord) throws {
        try database.script("update tusk.operation set due_at = now() where id = \(operation.id)")
    }

    /// Claims all jobs of the kind `noop` and discards them.
    func discardAgain() throws {
        let worker = try worker()
        _ = try settle(try claim(worker), .discard, worker)
    }
}

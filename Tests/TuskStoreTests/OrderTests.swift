import Dispatch
import Synchronization
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Order keys: one at a time, in the order of the enqueues, and what a failed head does to those behind it.
@Suite struct OrderTests {
    @Test func `jobs of one key run one at a time and in order, whatever their priority`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try [5, 0, 9].map { try store.enqueue(order: "a", priority: $0) }
            let other = try store.enqueue(order: "b")
            #expect(try ids.map(store.state) == [.available, .blocked, .blocked])
            #expect(try store.claim(worker).isEmpty, "claims that know no lines leave them alone")
            var claimed = try store.claimGated(worker).jobs
            #expect(Set(claimed.map(\.id)) == [ids[0], other])
            for next in ids[1...] {
                _ = try store.settle(claimed, worker)
                #expect(try store.session.releaseLimited(by: claimed.map(\.id)) == [.standard])
                claimed = try store.claimGated(worker).jobs
                #expect(claimed.map(\.id) == [next])
            }
            _ = try store.settle(claimed, worker)
            _ = try store.session.releaseLimited(by: claimed.map(\.id))
            #expect(try store.database.number("select count(*) from tusk.order_head where key = 'a'") == 0)
        }
    }

    @Test func `a head that is tried again, given back or lost keeps its place`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try (0..<2).map { _ in try store.enqueue(order: "a") }
            for verdict in [Verdict.retry(after: .zero), .snooze(after: .zero), .giveBack] {
                let claimed = try store.claimGated(worker).jobs
                #expect(claimed.map(\.id) == [ids[0]])
                _ = try store.settle(claimed, verdict, worker)
                _ = try store.session.releaseNext()
                #expect(try store.state(ids[1]) == .blocked)
                _ = try store.session.promote()
            }
            let claimed = try store.claimGated(worker).jobs
            try store.database.script("update tusk.worker set heartbeat_at = now() - interval '1 hour'")
            _ = try store.session.rescue()
            _ = try store.session.releaseNext()
            #expect(try claimed.map(\.id) == [ids[0]] && store.state(ids[0]) == .available)
            #expect(try store.state(ids[1]) == .blocked)
        }
    }

    @Test func `a job that is due later holds up those behind it`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let first = try store.enqueue(order: "a")
            let later = try store.enqueue(order: "a", more: #","delay_seconds":60"#)
            let last = try store.enqueue(order: "a")
            let claimed = try store.claimGated(worker).jobs
            _ = try store.settle(claimed, worker)
            _ = try store.session.releaseLimited(by: [first])
            #expect(try store.state(later) == .scheduled)
            #expect(try store.state(last) == .blocked)
        }
    }

    @Test func `when the head of a line is cancelled the next goes at once`() async throws {
        try await withStore { store in
            let ids = try (0..<3).map { _ in try store.enqueue(order: "a") }
            var woken: [Set<QueueName>] = []
            #expect(try store.session.cancel(ids[0], by: "test", reason: nil) { woken.append($0) } == .cancelled)
            #expect(try ids.map(store.state) == [.cancelled, .available, .blocked])
            #expect(woken == [[.standard]])
            // One in the middle of the line lets nobody go, and nobody is woken.
            #expect(try store.session.cancel(ids[2], by: "test", reason: nil) { woken.append($0) } == .cancelled)
            #expect(try ids.map(store.state) == [.cancelled, .available, .cancelled])
            #expect(woken.count == 1)
        }
    }

    @Test func `a cancel does not wait for a line that somebody holds`() async throws {
        try await withStore { store in
            let ids = try (0..<2).map { _ in try store.enqueue(order: "a") }
            let other = try store.database.session()
            defer { other.close() }
            try other.script("begin; select from tusk.order_head for update")
            #expect(try store.session.cancel(ids[0], by: "test", reason: nil) == .cancelled)
            #expect(try ids.map(store.state) == [.cancelled, .blocked])
            try other.script("commit")
            #expect(try store.session.releaseNext().queues == [.standard], "the scheduler looks after it")
        }
    }

    @Test func `jobs that wait for what a lost worker held go on with its rescue`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let skipped = try store.enqueue(order: #"{"key":"a","on_discard":"skip"}"#)
            let next = try store.enqueue(order: "a")
            try store.limit("api", 1)
            let held = try store.enqueue(limits: ["api"], count: 2)
            #expect(try Set(store.claimGated(worker).jobs.map(\.id)) == [skipped, held[0]])
            #expect(try [next, held[1]].map(store.state) == [.blocked, .blocked])
            // As if both had lost their leases while they ran alone, and one of them were told to stop.
            try store.database.script("update tusk.lease set interruptions = 3")
            try store.silence(worker)
            #expect(try store.session.rescue().queues == ["default"])
            #expect(try [skipped, next].map(store.state) == [.discarded, .available])
            #expect(try held.map(store.state) == [.discarded, .available])
        }
    }

    @Test func `a retry takes the key of a line before the job, as an edit does`() async throws {
        try await withDatabase(.migrated) { database in
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let id = try store.enqueue(order: "a", more: #","delay_seconds":60"#)
            let editor = try database.session()
            defer { editor.close() }
            try editor.script("begin; select tusk.lock_line(\(id))")
            async let retried = Lane.run("retry") {
                let own = try StoreFixture(database)
                defer { own.session.close() }
                return try own.session.retry(id, by: "test")
            }
            let waits =
                "select count(*) from pg_stat_activity where datname = current_database() "
                + "and wait_event_type = 'Lock' and query like '%tusk.retry%'"
            try await eventually { try database.number(waits) == 1 }
            try editor.script("select from tusk.scheduled where id = \(id) for update nowait; commit")
            #expect(try await retried == .available)
        }
    }

    @Test func `a discarded head blocks the line until it is retried or the key is released`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let ids = try (0..<3).map { _ in try store.enqueue(order: "a") }
            _ = try store.settle(try store.claimGated(worker).jobs, .discard, worker)
            _ = try store.session.releaseNext()
            #expect(try ids.map(store.state) == [.discarded, .blocked, .blocked])
            let why = try store.session.explain(ids[2]).reasons[0]
            #expect(why.word == "order" && why.message.contains("job \(ids[0]) holds because it was discarded"))
            let line = try #require(try store.session.orderKeys(after: nil, max: 10).first)
            #expect(line.key == "a" && line.head == ids[0] && line.headState == .discarded && line.waiting == 2)

            _ = try store.session.retry(ids[0], by: "test")
            #expect(try store.state(ids[0]) == .available)
            _ = try store.settle(try store.claimGated(worker).jobs, .discard, worker)
            #expect(try store.session.releaseOrderKey("a", by: "test") == .released([.standard]))
            #expect(try ids.map(store.state) == [.discarded, .available, .blocked])
            #expect(try store.session.releaseOrderKey("a", by: "test") == .busy)
            #expect(try store.session.releaseOrderKey("b", by: "test") == .notFound)

            // One that was passed by stands first in line again, behind the one that runs.
            let running = try store.claimGated(worker).jobs
            _ = try store.session.retry(ids[0], by: "test")
            #expect(try ids.map(store.state) == [.blocked, .running, .blocked])
            _ = try store.settle(running, worker)
            _ = try store.session.releaseLimited(by: running.map(\.id))
            #expect(try ids.map(store.state) == [.available, .completed, .blocked])
        }
    }

    @Test func `a discarded head can let the line go on, at once or after a time`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            let skipped = try store.enqueue(order: #"{"key":"a","on_discard":"skip"}"#)
            let next = try store.enqueue(order: #"{"key":"a","block_seconds":60}"#)
            let last = try store.enqueue(order: "a")
            _ = try store.settle(try store.claimGated(worker).jobs, .discard, worker)
            _ = try store.session.releaseLimited(by: [skipped])
            #expect(try store.state(next) == .available)
            _ = try store.settle(try store.claimGated(worker).jobs, .discard, worker)
            _ = try store.session.releaseNext()
            #expect(try store.state(last) == .blocked)
            try store.database.script(
                "update tusk.outcome set finished_at = now() - interval '1 minute' where id = \(next)"
            )
            _ = try store.session.releaseNext()
            #expect(try store.state(last) == .available)
        }
    }

    @Test func `a cancelled job, also one in the middle, lets the others go on`() async throws {
        try await withStore { store in
            let ids = try (0..<3).map { _ in try store.enqueue(order: "a") }
            _ = try store.session.cancel(ids[1], by: "anna", reason: nil)
            _ = try store.session.cancel(ids[0], by: "anna", reason: nil)
            _ = try store.session.releaseNext()
            #expect(try ids.map(store.state) == [.cancelled, .cancelled, .available])
        }
    }

    @Test func `limits and lines hold together`() async throws {
        try await withStore { store in
            let worker = try store.worker()
            try store.limit("api", 1)
            let ids = try ["a", "b"].flatMap { key in
                try (0..<2).map { _ in try store.enqueue(order: key, more: #","limits":["api"]"#) }
            }
            var order: [JobID] = []
            for _ in 0..<8 where order.count < 4 {
                let claimed = try store.claimGated(worker).jobs
                #expect(claimed.count <= 1)
                order += claimed.map(\.id)
                _ = try store.settle(claimed, worker)
                _ = try store.session.releaseLimited(by: claimed.map(\.id))
            }
            #expect(Set(order) == Set(ids))
            #expect(order.filter { $0 == ids[0] || $0 == ids[1] } == [ids[0], ids[1]])
            #expect(order.filter { $0 == ids[2] || $0 == ids[3] } == [ids[2], ids[3]])
        }
    }

    @Test func `whoever enqueues at the same moment, there is one head and a line in the order of the commits`()
        async throws
    {
        try await withDatabase(.migrated) { database in
            let job = try StoreFixture.job(order: "a")
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let worker = try store.worker()
            _ = try store.session.enqueue([job])
            _ = try store.settle(try store.claimGated(worker).jobs, worker)
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                guard let session = try? database.storeSession() else { return }
                defer { session.close() }
                for _ in 0..<10 { _ = try? session.enqueue([job]) }
            }
            #expect(try database.number("select count(*) from tusk.ready") == 1)
            #expect(try database.number("select count(*) from tusk.blocked where reason = 'order'") == 79)
            let first = "select (min(blocked.rank) > (select rank from tusk.ready))::int from tusk.blocked as blocked"
            #expect(try database.number(first) == 1)
        }
    }
}

extension StoreFixture {
    static func job(order: String, priority: Int = 5, more: String = "") throws -> NewJob {
        let order = order.hasPrefix("{") ? order : "\"\(order)\""
        let json = #"{"kind":"noop","priority":\#(priority),"order":\#(order)\#(more)}"#
        return try NewJob(json: try JSONDocument(validating: Array(json.utf8), limits: .body).root)
    }

    func enqueue(order: String, priority: Int = 5, more: String = "") throws -> JobID {
        try session.enqueue([try Self.job(order: order, priority: priority, more: more)])[0].id
    }
}

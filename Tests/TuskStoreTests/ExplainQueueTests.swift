import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// Why a queue stands still, and who offered a kind last.
@Suite struct ExplainQueueTests {
    @Test func `all that holds the jobs of a queue back is named with its numbers`() async throws {
        try await withStore { store in
            #expect(try store.queueMessages() == ["no job of queue default is available; 0 workers for it"])
            try store.enqueue(count: 3)
            #expect(try store.queueMessages() == ["3 jobs: no live worker serves queue default"])
            let worker = try store.worker()
            #expect(
                try store.queueMessages() == [
                    "3 jobs waiting for a turn; 1 worker with 10 slots for the queue, which have 0 jobs"
                ]
            )
            try store.enqueue(count: 2, "strange")
            try store.limit("api", 1)
            try store.enqueue(limits: ["api"], count: 5)
            #expect(try store.claimGated(worker).jobs.count == 1)
            try store.enqueue(.test(runAt: .after(.seconds(60))))
            _ = try store.session.pause("default", by: "anna", reason: nil)
            let messages = try store.queueMessages()
            #expect(messages.count == 5, "\(messages)")
            #expect(messages[0].hasPrefix("queue default is paused by anna since "))
            #expect(messages[1] == "2 jobs: no live worker offers kind strange; 1 serve queue default")
            #expect(messages[2] == "4 jobs waiting for limit api: limit api: 1 of 1 is held")
            #expect(messages[3].hasPrefix("1 job due later, the first at "))
            #expect(messages[4].hasPrefix("no scheduler was heard of for a minute"))
        }
    }

    @Test func `a worker that is gone is remembered by what it offered`() async throws {
        try await withStore { store in
            let worker = try store.worker(["resize", "noop"])
            let id = try store.enqueue(count: 1, "resize")[0]
            #expect(try store.session.explain(id).isRunnable)
            try store.database.script("update tusk.worker set heartbeat_at = '2020-01-02 03:04:05+00'")
            let silent = try store.session.explain(id).reasons[0].message
            #expect(silent.hasSuffix("; one that offers resize was last heard of on test at 2020-01-02 03:04:05+00"))
            try store.session.remove(worker: worker)
            #expect(try store.session.explain(id).reasons[0].message == silent)
            #expect(try store.database.texts("select kind from tusk.kind_seen order by kind") == ["noop", "resize"])
            // The next one is a live one.
            _ = try store.worker(["resize"])
            #expect(try store.session.explain(id).isRunnable)
        }
    }
}

extension StoreFixture {
    fileprivate func queueMessages() throws -> [String] {
        try session.explain(QueueName.standard).reasons.map(\.message)
    }
}

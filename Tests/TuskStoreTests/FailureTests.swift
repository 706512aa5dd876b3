import TestSupport
import Testing
import TuskCore
import TuskStore

/// Discarded jobs in groups by how they failed.
@Suite struct FailureTests {
    @Test func `jobs that failed alike are one group, the largest first`() async throws {
        try await withStore { store in
            let none = try store.session.errorGroups(max: 10)
            #expect(none.groups.isEmpty && none.examined == 0)
            let errors = [
                #"row 17 of "a.csv": no column 'id'"#, #"row 4021 of "b.csv": no column 'name'"#, "disk full",
            ]
            let ids = try store.discard(errors, reason: "attempts")
            try store.discard(["disk full"], reason: "handler")
            try store.discard(["disk full"], "other", reason: "attempts")
            try store.enqueue(count: 3)
            let found = try store.session.errorGroups(max: 10)
            #expect(found.examined == 5)
            #expect(found.groups.map(\.count) == [2, 1, 1, 1])
            #expect(found.groups[0].message == "row ? of ?: no column ?")
            #expect(found.groups[0].kind == "noop" && found.groups[0].reason == "attempts")
            #expect(found.groups[0].newestJob == ids[1] && found.groups[0].firstAt <= found.groups[0].lastAt)
            #expect(found.groups[1...].allSatisfy { $0.message == "disk full" })
            #expect(Set(found.groups.map(\.fingerprint)).count == 4)
            #expect(try store.session.errorGroups(max: 1).groups == Array(found.groups.prefix(1)))
        }
    }

    @Test func `the newest of a group is the one that was discarded last, not enqueued last`() async throws {
        try await withStore { store in
            let ids = try store.discard(["disk full", "disk full"], reason: "attempts")
            try store.database.script(
                "update tusk.outcome set finished_at = now() - interval '1 minute' where id = \(ids[1])"
            )
            let group = try #require(try store.session.errorGroups(max: 1).groups.first)
            #expect(group.newestJob == ids[0] && group.firstAt < group.lastAt)
        }
    }

    @Test func `a filter narrows by kind, queue, reason and fingerprint`() async throws {
        try await withStore { store in
            try store.discard(["disk full", "no route"], reason: "attempts")
            try store.discard(["disk full"], "other", queue: "mail", reason: "handler")
            func count(_ filter: FailureFilter) throws -> [String] {
                try store.session.errorGroups(filter, max: 10).groups.map { "\($0.kind) \($0.message)" }.sorted()
            }
            #expect(try count(FailureFilter(kind: "noop")) == ["noop disk full", "noop no route"])
            #expect(try count(FailureFilter(queue: "mail")) == ["other disk full"])
            #expect(try count(FailureFilter(reason: "handler")) == ["other disk full"])
            for group in try store.session.errorGroups(max: 10).groups {
                let fingerprint = try #require(ErrorFingerprint(group.fingerprint))
                #expect(try count(FailureFilter(fingerprint: fingerprint)) == ["\(group.kind) \(group.message)"])
                #expect(try count(FailureFilter(kind: "third", fingerprint: fingerprint)).isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("", ""), ("\n  first line\nat main.swift:4", "first line"),
        ("gateway answered 502 for order 8001", "gateway answered ? for order ?"),
        ("connect to 10.0.0.7:25: refused", "connect to ?:?: refused"),
        ("no user 6f1c2a52-0000-4000-8000-00000000000a", "no user ?"),
        ("unknown address bob@example.org", "unknown address ?"),
        ("can't open 'a b' or `c`", "can't open ? or ?"),
        (#"no such file "half of a na"#, "no such file ?"), ("Größe µ fehlt", "Größe µ fehlt"),
    ])
    func `what differs from job to job is taken out of a message`(error: String, message: String) async throws {
        try await withStore { store in
            try store.discard([error], reason: "attempts")
            #expect(try store.session.errorGroups(max: 1).groups.map(\.message) == [message])
        }
    }

    @Test func `a long history of other ends is not read`() async throws {
        try await withStore { store in
            try store.discard(["disk full"], reason: "attempts")
            let plan = try store.database.texts(
                """
                explain select outcome.id from tusk.outcome as outcome where outcome.state = 'discarded'
                order by outcome.finished_at desc, outcome.id desc limit 10
                """
            )
            #expect(plan.contains { $0.contains("finished_at_id_idx") }, "\(plan)")
            #expect(!plan.contains { $0.contains("->  Sort") }, "\(plan)")
        }
    }
}

extension StoreFixture {
    /// Enqueues a job for each error, and discards it with that.
    @discardableResult
    func discard(
        _ errors: [String?],
        _ kind: String = "noop",
        queue: String = "default",
        reason: String
    ) throws -> [JobID] {
        let worker = try worker([kind])
        let ids = try enqueue(count: errors.count, kind, queue: queue)
        let jobs = try claim(worker, kinds: [kind], queues: [queue])
        #expect(jobs.count == errors.count)
        for (job, error) in zip(jobs, errors) {
            let entry = SettleEntry(job, .discard, startedAgo: .milliseconds(5), reason: reason, error: error)
            _ = try session.settle([entry], worker: worker)
        }
        return ids
    }
}

import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// A database that was restored from a backup or copied does nothing before an operator says so.
@Suite struct RestoreTests {
    @Test func `a copy of a database starts nothing until somebody says what becomes of its jobs`() async throws {
        try await withStore { original in
            let worker = try original.worker()
            let ids = try original.enqueue(try .test(), try .test(), try .test(queue: "mail"))
            let running = try original.claim(worker, max: 1)
            try original.database.script("select tusk.put_schedule('hourly', '0 * * * *', '{\"kind\": \"noop\"}')")
            try withCopy(of: original.database) { copy in
                #expect(throws: StoreError.restored) { try copy.worker() }
                #expect(try copy.claim(worker).isEmpty, "one of the original is not known here")
                #expect(throws: StoreError.restored) { try copy.session.claim(outsideClaim()) { _ in } }
                let reasons = try copy.session.explain(ids[1]).reasons
                #expect(reasons.first?.word == "restored")
                #expect(try copy.session.explain(QueueName.standard).reasons.first?.word == "restored")
                let finding = try copy.session.examine().findings.first
                #expect(finding?.word == "restored" && finding?.severity == .bad)
                #expect(try copy.enqueue(try .test()).count == 1, "jobs are taken, and wait")

                #expect(try copy.session.resumeRestored(.pause, by: "anna"))
                #expect(try !copy.session.resumeRestored(.run, by: "anna"), "it was said")
                let (second, both) = (try copy.worker(), ["default", "mail"])
                #expect(try copy.claim(second, queues: both).isEmpty, "all queues are paused")
                #expect(try copy.session.queues().allSatisfy { $0.pause?.by == "anna" })
                #expect(try copy.database.number("select count(*) from tusk.schedule where paused_at is null") == 0)
                #expect(try copy.session.resume("mail", by: "anna"))
                #expect(try copy.claim(second, queues: both).map(\.id) == [ids[2]])
                let audit = try copy.session.audit(AuditFilter(), below: nil, limit: 10).map(\.action)
                #expect(audit.contains("database.resume"))
            }
            let again = try StoreFixture(original.database)
            defer { again.session.close() }
            #expect(try again.session.restoredAt() == nil)
            #expect(try again.settle(running, worker) == [.accepted], "the original goes on")
        }
    }

    @Test func `what ran when the backup was made is put back when a copy is let work`() async throws {
        try await withStore { original in
            _ = try original.enqueue(try .test())
            #expect(try original.claim(try original.worker()).count == 1)
            try withCopy(of: original.database) { copy in
                #expect(throws: StoreError.restored) { try copy.worker() }
                #expect(try copy.session.resumeRestored(.run, by: "anna"))
                try copy.database.script("update tusk.lease set claimed_at = claimed_at - interval '1 minute'")
                #expect(try copy.session.rescue().jobsReturned == 1)
            }
        }
    }

    @Test(arguments: [
        ("nothing is another", "seen_at = now() - interval '1 day'", false),
        ("a failover", "timeline = 0", false),
        ("an upgrade", "system_identifier = 0", false),
        ("a backup of a quarter of an hour", "timeline = 0, seen_at = now() - interval '15 minutes'", true),
        ("an old dump", "system_identifier = 0, seen_at = now() - interval '15 minutes'", true),
        ("a copy in the same server", "database_oid = 0", true),
        ("a fresh dump", "table_oid = 0", true),
    ])
    func `it is found by where it lives and how long nothing was heard`(
        _ what: String,
        _ change: String,
        _ isRestored: Bool
    ) async throws {
        try await withStore { store in
            #expect(try store.session.restoredAt() == nil)
            try store.database.script("update tusk.identity set \(change)")
            #expect(try (store.session.restoredAt() != nil) == isRestored, "\(what)")
            #expect(try (store.session.restoredAt() != nil) == isRestored, "and it stays so")
            let same = """
                select count(*) from tusk.identity as known, tusk.find_identity() as here
                where (known.system_identifier, known.timeline, known.database_oid, known.table_oid) = here
                    and known.seen_at > now() - interval '1 minute'
                """
            #expect(try store.database.number(same) == 1, "what was found is written down")
        }
    }

    @Test func `a heartbeat is a sign of life too`() async throws {
        try await withStore { store in
            _ = try store.worker()
            let old = "update tusk.identity set timeline = 0, seen_at = now() - interval '1 hour'"
            try store.database.script(old)
            #expect(try store.session.restoredAt() == nil)
            try store.database.script("\(old); update tusk.worker set heartbeat_at = now() - interval '1 hour'")
            #expect(try store.session.restoredAt() != nil)
        }
    }

    private func outsideClaim() -> OutsideClaim {
        OutsideClaim(
            token: .random(),
            owner: "key",
            name: "test",
            version: "test",
            demand: ClaimDemand(queues: [.standard], kinds: ["noop"]),
            jobsMax: 1,
            leaseTime: .seconds(3)
        )
    }

    /// Runs `body` with a copy as `create database ... template` makes it.
    private func withCopy(of database: TestDatabase, _ body: (StoreFixture) throws -> Void) throws {
        let server = try TestServer.named()
        let session = try server.session()
        defer { session.close() }
        func run(_ text: String) throws { _ = try session.run(Statement(name: "test_copy", text: text)) }
        let name = "\(database.name)_copy"
        try run(
            """
            do $$ begin
                perform pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '\(database.name)';
            end $$
            """
        )
        try run("create database \(name) template \(database.name)")
        let result = Result {
            let copy = TestDatabase(name: name, connectionString: server.connectionString.with(database: name))
            let store = try StoreFixture(copy)
            defer { store.session.close() }
            try body(store)
        }
        try run("drop database \(name) with (force)")
        try result.get()
    }
}

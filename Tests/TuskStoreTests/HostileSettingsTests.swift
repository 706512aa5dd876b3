import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// A role or a database can carry settings that break most programs. Ours must not notice.
@Suite struct HostileSettingsTests {
    private static let settings = [
        "default_transaction_isolation = 'serializable'", "default_transaction_read_only = on",
        "statement_timeout = '50ms'", "lock_timeout = '1ms'", "idle_in_transaction_session_timeout = '100ms'",
        "search_path = 'evil'", "timezone = 'Asia/Kathmandu'", "datestyle = 'SQL, DMY'",
        "intervalstyle = 'sql_standard'", "bytea_output = 'escape'", "standard_conforming_strings = off",
        "enable_indexscan = off", "synchronous_commit = off", "plan_cache_mode = 'force_generic_plan'", "jit = on",
        "row_security = off", "default_transaction_deferrable = on", "extra_float_digits = 0",
    ]

    @Test func `a job goes all the way under hostile settings of the database`() async throws {
        try await withDatabase(.migrated) { database in
            for setting in Self.settings {
                try Self.alter(database, setting)
            }
            try database.script("select 1")
            let store = try StoreFixture(database)
            defer { store.session.close() }
            let worker = try store.worker()
            let ids = try store.enqueue(try .test(args: #"{"path":"C:\\dir","n":1.50}"#), try .test())
            let later = try store.session.enqueue([
                try .test(runAt: .at(Timestamp(microseconds: 4_102_444_800_000_000)))
            ])
            #expect(later.first?.runAt == Timestamp(microseconds: 4_102_444_800_000_000))
            let jobs = try store.claim(worker)
            #expect(jobs.map(\.id) == ids)
            #expect(jobs[0].args.text == #"{"path":"C:\\dir","n":1.50}"#)
            #expect(try store.session.beat(worker: worker))
            #expect(try store.settle([jobs[0]], worker) == [.accepted])
            #expect(try store.settle([jobs[1]], .retry(after: .zero), worker) == [.accepted])
            #expect(try store.session.promote().jobs == 1)
            #expect(try store.session.rescue().workers == 0)
            #expect(try store.session.cancel(jobs[1].id, by: "anna", reason: nil) == .cancelled)
            #expect(try store.session.enqueue(keyed: [Self.keyed()]).count == 1)
            #expect(try store.session.queues().count == 1)
            let durable = try store.session.session.run(
                Statement(name: "show", text: "select current_setting('synchronous_commit')"),
                Parameters()
            )
            #expect(durable.text(0, 0) == "on")
        }
    }

    @Test func `enqueueing in a stranger's hostile transaction works or says why`() async throws {
        try await withDatabase(.migrated) { database in
            let stranger = try database.session()
            defer { stranger.close() }
            try stranger.script(
                """
                create schema evil; create table evil.job (x int); set search_path = evil, pg_temp;
                create temp table ready (x int); set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'
                """
            )
            try stranger.script(
                """
                begin isolation level serializable;
                select tusk.enqueue('noop', '{"a":1}', run_at => '2030-01-02 03:04:05+00');
                savepoint s; select tusk.enqueue('gone'); rollback to s; commit
                """
            )
            #expect(try database.texts("select kind from tusk.jobs") == ["noop"])
            #expect(
                try database.number("select extract(epoch from run_at) from tusk.jobs") == 1_893_553_445
            )
        }
    }

    private static func alter(_ database: TestDatabase, _ setting: String) throws {
        // Sessions of ours override what the settings made so far impose.
        try database.script("alter database \(database.name) set \(setting)")
    }

    private static func keyed() throws -> KeyedRequest {
        KeyedRequest(keyHash: Digest.sha256([1]), fingerprint: Digest.sha256([2]), jobs: [try .test()])
    }
}

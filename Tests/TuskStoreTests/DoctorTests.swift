import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

/// What is wrong, and what mends it.
@Suite struct DoctorTests {
    private static let leads = """
        insert into tusk.leader (name, holder, term, acquired_at, expires_at)
        values ('scheduler', gen_random_uuid(), 1, now(), now() + interval '1 hour')
        """

    private static func setValid(_ isValid: Bool) -> String {
        "update pg_index set indisvalid = \(isValid) where indexrelid = 'tusk.ready_turn'::regclass"
    }

    private static func setCommit(_ change: String) -> String {
        "do $$ begin execute format('alter database %I \(change)', current_database()); end $$"
    }

    /// The words of what is found, but for what other tests do to the server.
    private func words(_ store: StoreFixture) throws -> [String] {
        let shared: Set = ["old_transaction", "connections", "replication_slot", "prepared_transaction"]
        return try store.session.examine().findings.map(\.word).filter { !shared.contains($0) }
    }

    @Test func `nothing is found where all is well`() async throws {
        try await withStore { store in
            #expect(try words(store) == ["no_scheduler"])
            try store.database.script(Self.leads)
            #expect(try words(store) == [])
        }
    }

    @Test func `each fault is found by its name, and gone when it is mended`() async throws {
        try await withStore { store in
            try store.database.script(Self.leads)
            let faults: [(word: String, make: String, mend: String)] = [
                ("no_worker", "select tusk.enqueue('a', queue => 'mail')", "truncate tusk.ready"),
                (
                    "kind_not_offered",
                    """
                    select tusk.enqueue('a', queue => 'mail');
                    insert into tusk.worker (
                        id, pid, slots, lease_ms, started_at, heartbeat_at, state, host, version, queues, kinds
                    )
                    values (gen_random_uuid(), 1, 1, 60000, now(), now(), 'live', 'h', 'v', '{mail}', '{b}')
                    """, "truncate tusk.ready, tusk.worker"
                ),
                (
                    "queue_paused",
                    "insert into tusk.queue (name, paused_at, paused_by) values ('mail', now(), 'anna')",
                    "delete from tusk.queue"
                ),
                ("key_paused", "select tusk.pause_key('tenant:7')", "select tusk.resume_key('tenant:7')"),
                ("invalid_index", Self.setValid(false), Self.setValid(true)),
                (
                    "scheduler_behind",
                    """
                    insert into tusk.scheduled (priority, args_bytes, due_at, id, queue, kind)
                    values (5, 2, now() - interval '1 minute', 1024, 'mail', 'a')
                    """, "truncate tusk.scheduled"
                ),
                (
                    "breaker_open",
                    """
                    insert into tusk.breaker (failures, wave, opened_at, probe_at, updated_at, key, reason)
                    values (5, 0, now(), now(), now(), 'api', 'no answer')
                    """, "truncate tusk.breaker"
                ),
                (
                    "discarded",
                    """
                    insert into tusk.minute (minute, queue, discarded, completed, waits, runs)
                    values (now(), 'mail', 10, 100, array_fill(0, array[19]), array_fill(0, array[19]))
                    """, "truncate tusk.minute"
                ),
                (
                    "synchronous_commit", Self.setCommit("set synchronous_commit = off"),
                    Self.setCommit("reset synchronous_commit")
                ),
            ]
            for fault in faults {
                try store.database.script(fault.make)
                let fresh = try StoreFixture(store.database)
                #expect(try words(fresh) == [fault.word])
                let finding = try #require(try fresh.session.examine().findings.first { $0.word == fault.word })
                #expect(!finding.remedy.isEmpty && !finding.message.isEmpty)
                fresh.session.close()
                try store.database.script(fault.mend)
            }
            #expect(try words(store) == [])
        }
    }
}

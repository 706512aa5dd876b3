import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskCommand

/// What is committed is never called a failure, and what may be is never called undone.
struct CommittedWorkTests {
    private func environment(_ connection: ConnectionString) -> [String: String] {
        ["TUSK_DATABASE_URL": connection.textWithPassword, "TUSK_TIMEOUT": "500ms"]
    }

    @Test func `a change whose answer is lost may have taken effect, and the command says so`() async throws {
        try await withDatabase(.migrated) { database in
            let proxy = try FaultProxy(to: database.connectionString)
            let sources = Configuration.Sources(
                environment: environment(proxy.connectionString(database.connectionString)),
                usualFiles: []
            )
            let configuration = try Configuration([.databaseURL, .timeout, .behindPooler], sources)
            let commands = try Database(configuration, as: "test")
            defer { commands.store.close() }
            let queue: QueueName = "mail"
            let error = try #require(throws: CommandError.self) {
                try commands.change(orElse: "Look.") { session throws(StoreError) in
                    proxy.mode = .dropReplies
                    try session.touch(key: "none")
                }
            }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("may have taken effect"))
            #expect(error.hint == "Look.")
            // Nothing is said to have happened before the change itself was sent.
            proxy.mode = .cut
            let before = try #require(throws: CommandError.self) {
                try commands.change { session throws(StoreError) in try session.resume(queue, by: "test") }
            }
            #expect(!before.message.contains("may have taken effect"))
        }
    }

    @Test func `a job that is enqueued is no failure when its workers cannot be woken`() async throws {
        try await withDatabase(.migrated) { database in
            // After the first job its session is somebody's who may not send signals.
            let script = """
                revoke execute on function pg_notify(text, text) from public;
                create function public.break_session() returns trigger language plpgsql as $$
                    begin perform set_config('role', 'pg_monitor', false); return null; end $$;
                create trigger break_session after insert on tusk.ready execute function public.break_session()
                """
            try database.script(script)
            let environment = environment(database.connectionString)
            let added = try await TuskProcess.run(["job", "add", "k", "-q"], environment: environment)
            #expect(added.status == 0, "\(added.errors)")
            #expect(added.errors.contains("workers could not be woken"))
            let id = added.output.trimmingCharacters(in: .newlines)
            #expect(try database.number("select count(*) from tusk.job where id = \(id)") == 1)
            #expect(try await TuskProcess.run(["job", "cancel", id], environment: environment).status == 0)
            // The record of a change is the last that is written in its transaction.
            try database.script(
                """
                drop trigger break_session on tusk.ready;
                create trigger break_session after insert on tusk.audit execute function public.break_session()
                """
            )
            let retried = try await TuskProcess.run(["job", "retry", id], environment: environment)
            #expect(retried.status == 0, "\(retried.errors)")
            #expect(retried.errors.contains("workers could not be woken"))
        }
    }

    @Test func `the next page of a list is asked for with the same filters`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database.connectionString)
            for _ in 0..<2 {
                _ = try await TuskProcess.run(["job", "add", "k", "--queue", "mail"], environment: environment)
            }
            let line = ["job", "list", "--state", "available", "--queue", "mail", "-n", "1"]
            let listed = try await TuskProcess.run(line, environment: environment)
            #expect(listed.errors.contains("tusk job list --state available --queue mail --limit 1 --before 2"))
        }
    }
}

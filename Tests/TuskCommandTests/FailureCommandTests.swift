import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskCommand

/// `tusk errors` and `tusk operation`, as processes.
struct FailureCommandTests {
    /// A database with three discarded jobs, two of which failed alike.
    static func withFailures(
        _ body: @Sendable (TestDatabase, @Sendable (String...) async throws -> TuskProcess.Ended) async throws -> Void
    ) async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            try database.script(
                """
                insert into tusk.outcome (attempt, state, id, lease, started_at, finished_at, reason, error)
                select 1, 'discarded', tusk.enqueue('send_email'), 7, now(), now(), 'attempts', error
                from unnest(array['no route to host 4', 'no route to host 17', 'disk full']) as error;
                delete from tusk.ready
                """
            )
            try await body(database) { (line: String...) in
                try await TuskProcess.run(line, environment: environment)
            }
        }
    }

    @Test func `discarded jobs are shown in groups`() async throws {
        try await Self.withFailures { database, tusk in
            let shown = try await tusk("errors").output.split(separator: "\n")
            #expect(shown.count == 3, "\(shown)")
            #expect(shown[1].hasPrefix("   2  send_email  attempts") && shown[1].hasSuffix("no route to host ?"))
            let json = try await tusk("errors", "-n", "1", "-o", "json").output
            #expect(json.hasPrefix(#"{"errors":[{"fingerprint":""#) && json.contains(#""count":2"#), "\(json)")
            let lines = try await tusk("errors", "--discard-reason", "attempts", "-o", "jsonl").output
            #expect(lines.split(separator: "\n").count == 2)
            let none = try await tusk("errors", "--kind", "report")
            #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("No discarded job is like that"))
            let wrong = try await tusk("errors", "--fingerprint", "xyz")
            #expect(wrong.status == 2 && wrong.errors.contains("--fingerprint must be 16 digits"), "\(wrong)")
        }
    }

    @Test func `many jobs are cancelled, and a queue is purged when that is said twice`() async throws {
        try await Self.withFailures { database, tusk in
            try database.script("select tusk.enqueue('mail', queue => 'mail') from generate_series(1, 2)")
            let dry = try await tusk("operation", "cancel-jobs", "--queue", "mail", "--dry-run")
            #expect(dry.output == "2 jobs would be cancelled.\n" && dry.status == 0, "\(dry)")
            let asked = try await tusk("queue", "purge", "mail")
            #expect(asked.status == 2 && asked.errors.contains("say --yes"), "\(asked)")
            #expect(try await tusk("operation", "list").errors.contains("There are no operations"))
            let made = try await tusk("queue", "purge", "mail", "--yes", "--reason", "sent by hand")
            #expect(made.output == "Operation 1 cancels 2 jobs: tusk operation get 1\n", "\(made)")
            let shown = try await tusk("operation", "get", "1").output
            #expect(shown.contains("cancel queue:mail, not those that run"), "\(shown)")
            #expect(shown.contains("0 of 2 cancelled"), "\(shown)")
            let open = try await tusk("operation", "cancel-jobs", "--spare-running")
            #expect(open.status == 2 && open.errors.contains("--kind, --queue or both"), "\(open)")
        }
    }

    @Test func `many jobs are retried, after a dry run, and the operation is shown and cancelled`() async throws {
        try await Self.withFailures { database, tusk in
            let dry = try await tusk("operation", "retry", "--kind", "send_email", "--dry-run")
            #expect(dry.output == "3 jobs would be retried.\n" && dry.status == 0, "\(dry)")
            #expect(try await tusk("operation", "list").errors.contains("There are no operations"))
            let made = try await tusk(
                "operation",
                "retry",
                "--kind",
                "send_email",
                "--per-second",
                "5",
                "--canary",
                "2",
                "--reason",
                "why",
                "-o",
                "json"
            )
            #expect(made.status == 0 && made.output.contains(#""state":"canary""#), "\(made)")
            let shown = try await tusk("operation", "get", "1").output
            #expect(shown.contains("retry kind:send_email") && shown.contains("0 of 3 retried"), "\(shown)")
            #expect(try await tusk("operation", "list").output.contains("why"))
            #expect(try await tusk("operation", "cancel", "1", "--reason", "wrong").output.contains("wrong"))
            #expect(try await tusk("operation", "get", "2").status == 3)
            for wrong in [
                ["--dry-run"], ["--kind", "a", "--canary-failed-max", "5"], ["--kind", "a", "--canary", "0"],
            ] {
                let ended = try await TuskProcess.run(
                    ["operation", "retry"] + wrong,
                    environment: ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
                )
                #expect(ended.status == 2, "\(wrong): \(ended)")
            }
            #expect(try database.number("select count(*) from tusk.operation") == 1)
        }
    }
}

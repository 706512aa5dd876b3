import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

struct AuditCommandTests {
    /// Commands that change something, in an order in which each succeeds. `ID` is a job that waits.
    private static let changes: [(line: [String], action: String)] = [
        (["queue", "set", "mail", "--ageing", "5m"], "queue.set"), (["queue", "pause", "mail"], "queue.pause"),
        (["queue", "resume", "mail"], "queue.resume"), (["limit", "set", "tenant:7", "3"], "limit.set"),
        (["limit", "pause", "tenant:7"], "limit.pause"), (["limit", "resume", "tenant:7"], "limit.resume"),
        (["limit", "close", "tenant:7"], "limit.close"), (["limit", "remove", "tenant:7"], "limit.remove"),
        (["schedule", "add", "nightly", "--cron", "@daily", "--kind", "a"], "schedule.put"),
        (["schedule", "pause", "nightly"], "schedule.pause"), (["schedule", "resume", "nightly"], "schedule.resume"),
        (["schedule", "trigger", "nightly"], "schedule.trigger"), (["schedule", "rm", "nightly"], "schedule.remove"),
        (["job", "edit", "ID", "--priority", "1"], "job.edit"), (["job", "cancel", "ID"], "job.cancel"),
        (["job", "retry", "ID"], "job.retry"),
        (["operation", "retry", "--kind", "a"], "operation.create"),
        (["operation", "cancel", "1"], "operation.cancel"),
        (["key", "create", "--name", "shop", "--scope", "read"], "key.create"),
        (["key", "rotate", "KEY", "--overlap", "1d"], "key.rotate"), (["key", "revoke", "KEY"], "key.revoke"),
    ]

    @Test func `every command that changes something leaves one record of who, where, what and why`() async throws {
        try await withDatabase(.migrated) { database in
            var environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            environment["USER"] = "anna"
            let added = try await TuskProcess.run(["job", "add", "noop", "-o", "json"], environment: environment)
            #expect(added.status == 0, "\(added.errors)")
            let job = try #require(try database.texts("select id::text from tusk.job").first)
            for (number, change) in Self.changes.enumerated() {
                let key = try database.texts("select id from tusk.api_key order by created_at limit 1").first ?? ""
                let line = change.line.map { $0 == "ID" ? job : $0 == "KEY" ? key : $0 } + ["--reason", "because"]
                let ended = try await TuskProcess.run(line, environment: environment)
                #expect(ended.status == 0, "\(line): \(ended.errors)")
                let records = try database.texts(
                    """
                    select concat_ws(' ', audit.action, audit.actor_id, audit.actor, audit.reason, audit.origin <> '')
                    from tusk.audit as audit
                    order by audit.id desc
                    """
                )
                #expect(records.count == number + 1, "\(line) leaves one record")
                #expect(records.first == "\(change.action) cli cli:anna because t", "\(line)")
            }
        }
    }

    @Test func `the records are shown as a table and as JSON lines, narrowed`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            let none = try await TuskProcess.run(["audit"], environment: environment)
            #expect(none.status == 0 && none.errors.contains("Nothing was changed yet."))
            for line in [["queue", "pause", "mail", "--reason", "moving"], ["limit", "set", "a", "1"]] {
                #expect(try await TuskProcess.run(line, environment: environment).status == 0)
            }
            let table = try await TuskProcess.run(["audit", "--within", "1h"], environment: environment)
            #expect(table.output.contains("queue.pause") && table.output.contains("moving"))
            #expect(table.output.contains("limit.set"))
            let narrowed = ["audit", "--target", "queue:mail", "-o", "jsonl"]
            let lines = try await TuskProcess.run(narrowed, environment: environment).output
            #expect(lines.split(separator: "\n").count == 1 && lines.contains(#""pause_reason": "moving""#), "\(lines)")
        }
    }
}

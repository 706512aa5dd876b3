import Foundation
import TestSupport
import Testing
import TuskPostgres
import TuskStore

@testable import TuskCommand

/// Commands that work on a database, as processes.
struct DatabaseCommandTests {
    private func environment(_ database: TestDatabase) -> [String: String] {
        ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
    }

    @Test func `ten processes migrate one database together`() async throws {
        try await withDatabase { database in
            let environment = environment(database)
            let processes = try (0..<10).map { _ in
                try TuskProcess(["migrate", "up", "-o", "json"], environment: environment)
            }
            var applied: [String] = []
            for process in processes {
                let ended = try await process.end()
                #expect(ended.status == 0, "\(ended.errors)")
                applied.append(ended.output)
            }
            // Each migration was applied by exactly one of them.
            for migration in Migration.all {
                let name = "\"name\":\"\(migration.name)\""
                #expect(applied.filter { $0.contains(name) }.count == 1, "\(migration.name)")
            }
            let status = try await TuskProcess.run(["migrate", "status"], environment: environment)
            #expect(status.status == 0)
        }
    }

    @Test func `a migration waits for those in its way without holding others up`() async throws {
        try await withDatabase { database in
            let holder = try database.session()
            defer { holder.close() }
            // Whoever migrates takes this lock first; its number is in sql/queries/lock_migrations.sql.
            try holder.script("begin; select pg_advisory_xact_lock(1953854315)")
            let process = try TuskProcess(["migrate", "up"], environment: environment(database))
            try await eventually(within: .seconds(20), "the wait for the lock") {
                try database.number("select count(*) from pg_locks where locktype = 'advisory' and not granted") == 1
            }
            #expect(process.status == nil)
            try holder.script("rollback")
            #expect(try await process.end().status == 0)
        }
    }

    @Test func `a schema that lacks migrations is told with the command that helps`() async throws {
        try await withDatabase { database in
            let environment = environment(database)
            for line in [["api"], ["worker"], ["scheduler"], ["all"], ["job", "list"], ["migrate", "status"]] {
                let ended = try await TuskProcess.run(line, environment: environment)
                #expect(ended.status == 78, "\(line): \(ended.errors)")
                #expect(ended.errors.contains("tusk migrate up"))
            }
            let plan = try await TuskProcess.run(["migrate", "plan"], environment: environment)
            #expect(plan.status == 0)
            #expect(plan.output.contains("create table tusk."))
            let after = try await TuskProcess.run(["migrate", "status"], environment: environment)
            #expect(after.status == 78, "the plan changes nothing")
        }
    }

    @Test func `a schema from the future is left alone`() async throws {
        try await withDatabase(.migrated) { database in
            try database.script("insert into tusk.migration (version, name, checksum) values (9999, 'future', 'x')")
            for line in [["worker"], ["migrate", "up"]] {
                let ended = try await TuskProcess.run(line, environment: environment(database))
                #expect(ended.status == 78)
                #expect(ended.errors.contains("newer than this program"), "\(ended.errors)")
            }
        }
    }

    @Test func `a job is added, shown, cancelled and retried`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database)
            func tusk(_ line: String...) async throws -> TuskProcess.Ended {
                try await TuskProcess.run(line, environment: environment)
            }
            let empty = try await tusk("job", "list")
            #expect(empty.status == 0 && empty.output.isEmpty)
            #expect(empty.errors.contains("tusk job add"))
            let id = try await tusk(
                "job",
                "add",
                "mail.send",
                "--args",
                "{\"to\":1e3}",
                "--tag",
                "x",
                "-q",
                "--in",
                "1h"
            )
            .output.trimmingCharacters(in: .newlines)
            let shown = try await tusk("job", "get", id, "-o", "json")
            #expect(shown.output.contains("\"args\":{\"to\":1e3}"), "args come back byte for byte: \(shown.output)")
            #expect(shown.output.contains("\"state\":\"scheduled\""))
            #expect(try await tusk("job", "cancel", id, "--reason", "no").status == 0)
            #expect(try await tusk("job", "cancel", id).status == 0, "again is fine")
            #expect(try await tusk("job", "wait", id).status == 6)
            #expect(try await tusk("job", "retry", id).status == 0)
            #expect(try await tusk("job", "wait", id, "--wait-timeout", "200ms").status == 7)
            let listed = try await tusk("job", "list", "--state", "available", "-o", "jsonl").output
            #expect(listed.contains(id) && !listed.contains("args"), "a list is that of the API: \(listed)")
            #expect(try await tusk("job", "get", "999").status == 3)
            #expect(try await tusk("job", "cancel", "999", id).status == 3)
            #expect(try await tusk("job", "wait", "999").status == 3)
        }
    }

    @Test func `jobs that wait are changed, and others are named`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database)
            let tusk = { (line: String...) async throws in try await TuskProcess.run(line, environment: environment) }
            let id = try await tusk("job", "add", "k", "--tag", "old", "-q").output.trimmingCharacters(in: .newlines)
            let changed = try await tusk("job", "edit", id, "--priority", "2", "--in", "1h", "--args", "[1.50]")
            #expect(changed.status == 0 && changed.output == "job \(id) is changed and scheduled\n", "\(changed)")
            let other = try await tusk("job", "edit", id, "--queue", "mail", "--tag", "a", "--tag", "b", "-o", "json")
            #expect(other.output.contains("\"state\":\"scheduled\""))
            #expect(try await tusk("job", "edit", id, "--max-attempts", "3", "--run-at", "now").status == 0)
            let row = "select concat_ws(' ', state, queue, priority, max_attempts, tags, args) from tusk.jobs"
            #expect(try database.texts(row) == ["available mail 2 3 {a,b} [1.50]"])
            #expect(try await tusk("job", "edit", id, "--no-tags").status == 0)
            #expect(try database.texts("select coalesce(tags, '{none}')::text from tusk.jobs") == ["{none}"])
            #expect(try await tusk("job", "edit", "999", id, "--priority", "3").status == 3)
            #expect(try database.number("select priority::bigint from tusk.jobs") == 3, "the other one is changed")
            for (line, words) in [
                (["--run-at", "soon"], "--run-at"), (["--queue", "a b"], "--queue"), (["--args", "{"], "--args"),
                (["--tag", "a", "--no-tags"], "cannot be given together"), ([], "nothing is to be changed"),
                (["--run-at", "now", "--in", "1h"], "cannot be given together"),
            ] {
                let refused = try await TuskProcess.run(["job", "edit", id] + line, environment: environment)
                #expect(refused.status == 2 && refused.errors.contains(words), "\(line): \(refused.errors)")
            }
            #expect(try await tusk("job", "cancel", id).status == 0)
            let ended = try await tusk("job", "edit", id, "--priority", "1")
            #expect(ended.status == 5 && ended.errors.contains("is cancelled and cannot be changed"), "\(ended.errors)")
        }
    }

    @Test func `args are read from a file and from standard input`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database)
            let line = ["job", "add", "k", "--args", "-", "-q"]
            let added = try await TuskProcess.run(line, environment: environment, input: " [1, 2] \n")
            #expect(added.status == 0, "\(added.errors)")
            let id = added.output.trimmingCharacters(in: .newlines)
            let shown = try await TuskProcess.run(["job", "get", id, "-o", "json"], environment: environment)
            #expect(shown.output.contains("\"args\":[1, 2]"))
            let broken = try await TuskProcess.run(line, environment: environment, input: "[1,]")
            #expect(broken.status == 2)
        }
    }

    @Test func `the same key enqueues once and refuses another job`() async throws {
        try await withDatabase(.migrated) { database in
            func add(_ kind: String) async throws -> TuskProcess.Ended {
                let line = ["job", "add", kind, "--idempotency-key", "k-1", "-q"]
                return try await TuskProcess.run(line, environment: environment(database))
            }
            let first = try await add("a")
            let again = try await add("a")
            #expect(first.status == 0 && again.status == 0)
            #expect(first.output == again.output)
            #expect(try await add("b").status == 5)
            #expect(try database.number("select count(*) from tusk.job") == 1)
        }
    }

    @Test func `jobs of a queue age, and limits have breakers`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database)
            func tusk(_ line: String...) async throws -> TuskProcess.Ended {
                try await TuskProcess.run(line, environment: environment)
            }
            let ageing = try await tusk("queue", "set", "mail", "--ageing", "5m")
            #expect(ageing.output == "Jobs of queue mail go up a band each 5m that they wait.\n")
            #expect(try await tusk("queue", "list").output.contains("5m"))
            #expect(try await tusk("queue", "set", "mail").output == "Jobs of queue mail stay in their bands.\n")
            #expect(try await tusk("queue", "set", "mail", "--ageing", "0s").errors.contains("--ageing"))
            let idle = try await tusk("why", "--queue", "mail")
            #expect(idle.output.contains("no job of queue mail is available"))
            #expect(try await tusk("why").errors.contains("say JOB or --queue NAME"))
            let broken = try await tusk("limit", "set", "smtp", "--breaker", "5/1m")
            #expect(broken.output == "After 5 jobs of smtp in a row without their resource none starts for 1m.\n")
            #expect(try await tusk("limit", "list").output.contains("0 of 5"))
            for breaker in ["0", "5/0s", "x/1m", "5/", "1001"] {
                #expect(try await tusk("limit", "set", "smtp", "--breaker", breaker).errors.contains("--breaker"))
            }
            #expect(try await tusk("limit", "close", "smtp").output == "No breaker of smtp was open.\n")
            #expect(try await tusk("limit", "remove", "smtp").status == 0)
        }
    }

    @Test func `queues, schedules and keys are listed, changed and removed`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = environment(database)
            func tusk(_ line: String...) async throws -> TuskProcess.Ended {
                try await TuskProcess.run(line, environment: environment)
            }
            #expect(try await tusk("queue", "pause", "mail", "--reason", "moving").status == 0)
            #expect(try await tusk("queue", "list", "-o", "json").output.contains("\"reason\":\"moving\"}"))
            #expect(try await tusk("queue", "list", "-o", "json").output.contains("\"paused\":true"))
            #expect(try await tusk("queue", "resume", "mail").output == "Queue mail goes on.\n")
            #expect(try await tusk("limit", "set", "t:*", "3").output == "At most 3 jobs of t:* run at once.\n")
            #expect(try await tusk("limit", "set", "t:*", "0").errors.contains("NUMBER must be a whole number"))
            let rated = try await tusk("limit", "set", "sms", "--rate", "20/s", "--burst", "3")
            #expect(rated.output == "At most 20 jobs of sms start in 1s, up to 3 of them at once.\n")
            #expect(try await tusk("limit", "list").output.contains("20/1s"))
            for rate in ["20", "x/s", "0/s", "20/fortnight", "11/1ms", "1/32d"] {
                #expect(try await tusk("limit", "set", "sms", "--rate", rate).errors.contains("--rate"), "\(rate)")
            }
            #expect(try await tusk("limit", "set", "sms", "--burst", "2").errors.contains("--rate, which is missing"))
            #expect(try await tusk("limit", "set", "sms").errors.contains("say NUMBER"))
            #expect(try await tusk("limit", "remove", "sms").status == 0)
            #expect(try await tusk("limit", "set", "a b", "1").errors.contains("KEY must be queue:NAME"))
            #expect(try await tusk("limit", "list", "-o", "json").output.contains("\"running_max\":3"))
            #expect(try await tusk("job", "add", "k", "--limit", "queue:x").errors.contains("--limit"))
            #expect(try await tusk("limit", "remove", "t:*").status == 0)
            #expect(try await tusk("limit", "remove", "t:*").status == 3)
            let line = ["schedule", "add", "night", "--cron", "30 3 * * *", "--tz", "Europe/Rome", "--kind", "k"]
            #expect(try await TuskProcess.run(line, environment: environment).status == 0)
            #expect(try await tusk("schedule", "list").output.contains("30 3 * * *"))
            #expect(try await tusk("schedule", "next", "night", "-n", "3").output.split(separator: "\n").count == 4)
            let pause = try await tusk("schedule", "pause", "night", "--reason", "moving")
            #expect(pause.status == 0 && pause.output.contains("moving"))
            #expect(try await tusk("schedule", "list").output.contains("paused by"))
            #expect(try await tusk("schedule", "trigger", "night").output.contains("enqueued job "))
            #expect(try await tusk("schedule", "resume", "night").status == 0)
            #expect(try await tusk("schedule", "get", "night").output.contains(", asked for by "))
            let ticks = try await tusk("schedule", "ticks", "night").output
            #expect(ticks.contains("fired") && ticks.split(separator: "\n").count == 2)
            for verb in ["pause", "resume", "trigger", "ticks"] {
                #expect(try await tusk("schedule", verb, "none").status == 3)
            }
            let policies = ["--overlap", "skip", "--catch-up", "all", "--catch-up-max", "5", "--jitter", "90s"]
            #expect(try await TuskProcess.run(line + policies, environment: environment).status == 0)
            let shown = try await tusk("schedule", "get", "night", "-o", "json").output
            #expect(shown.contains(#""overlap":"skip","catch_up":"all","catch_up_max":5"#))
            #expect(shown.contains(#""jitter_seconds":90"#))
            for wrong in [["--overlap", "x"], ["--catch-up", "x"], ["--catch-up-max", "5"], ["--jitter", "2d"]] {
                #expect(try await TuskProcess.run(line + wrong, environment: environment).status == 2, "\(wrong)")
            }
            #expect(try await tusk("schedule", "rm", "night").status == 0)
            #expect(try await tusk("schedule", "rm", "night").status == 3)
            let created = try await tusk("key", "create", "--name", "shop", "--scope", "enqueue", "--scope", "read")
            #expect(created.output.hasPrefix("tusk_") && created.output.split(separator: "\n").count == 1)
            let id = String(created.output.split(separator: "_")[1])
            let listed = try await tusk("key", "list")
            #expect(listed.output.contains(id) && !listed.output.contains(created.output))
            #expect(try await tusk("key", "revoke", id).status == 0)
            #expect(try await tusk("key", "revoke", "nobody").status == 3)
            #expect(try await tusk("key", "list").output.contains("revoked"))
        }
    }

    @Test func `migrations are named once, however much is said`() async throws {
        try await withDatabase { database in
            let ended = try await TuskProcess.run(["migrate", "up", "-v"], environment: environment(database))
            let newest = try #require(Migration.all.last).name
            #expect((ended.output + ended.errors).components(separatedBy: newest).count == 2)
        }
    }

    @Test func `somebody who answers without HTTP is not called nobody`() async throws {
        try await withDatabase { database in
            let server = database.connectionString
            let url = "http://\(server["host"] ?? ""):\(server["port"] ?? "5432")"
            let ended = try await TuskProcess.run(["health", "--url", url])
            #expect(ended.status == 69)
            #expect(ended.errors == "tusk: what answers at \(url) does not speak HTTP\n")
        }
    }

    @Test func `a password in a flag is taken out of the list of processes`() async throws {
        try await withDatabase(.migrated) { database in
            let id = try await TuskProcess.run(["job", "add", "k", "-q"], environment: environment(database))
            let secret = database.connectionString.with("password", "hunter2").textWithPassword
            // Servers with trust or peer authentication take any password; others answer with 4, which is as good here.
            let process = try TuskProcess([
                "job", "wait", id.output.trimmingCharacters(in: .newlines), "--wait-timeout", "3s", "--database-url",
                secret,
            ])
            try await process.says("use TUSK_DATABASE_URL or TUSK_DATABASE_URL_FILE")
            let line = FileManager.default.contents(atPath: "/proc/\(process.processID)/cmdline") ?? Data()
            #expect(!String(decoding: line, as: UTF8.self).contains("hunter2"))
            let ended = try await process.end()
            #expect([4, 7].contains(ended.status))
            #expect(!ended.errors.contains("hunter2"))
        }
    }
}

import Foundation
import TestSupport
import Testing
import TuskCore
import TuskPostgres
import TuskStore

@testable import TuskCommand

/// `tusk schedule apply` and `export`, as processes.
struct ScheduleApplyTests {
    /// Runs `tusk schedule` on a database and a file of its own.
    private struct Desk: Sendable {
        let database: TestDatabase
        let path: String

        func write(_ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path))
        }

        func tusk(_ words: String...) async throws -> TuskProcess.Ended {
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            return try await TuskProcess.run(["schedule"] + words, environment: environment)
        }

        func names() throws -> [String] {
            let session = try database.storeSession()
            defer { session.close() }
            return try session.allSchedules().map(\.name)
        }
    }

    private func withDesk(_ body: @Sendable (Desk) async throws -> Void) async throws {
        try await withDatabase(.migrated) { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "tusk-apply-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let desk = Desk(database: database, path: folder.appending(path: "schedules.toml").path)
            try await body(desk)
            try FileManager.default.removeItem(at: folder)
        }
    }

    private static let two = """
        prefix = "b."
        [schedules.b.one]
        cron = "@every 60s"
        kind = "poll"
        [schedules.b.two]
        cron = "0 3 * * *"
        kind = "report"
        args = '{"day": 1}'
        """

    @Test func `a file is applied, a second time nothing changes, and a change is shown field by field`() async throws {
        try await withDesk { desk in
            try desk.write(Self.two)
            let dry = try await desk.tusk("apply", "-f", desk.path, "--dry-run")
            #expect(dry.output.hasPrefix("+ b.one  added\n+ b.two  added\n2 added"), "\(dry)")
            #expect(try desk.names().isEmpty)
            let first = try await desk.tusk("apply", "-f", desk.path)
            #expect(first.status == 0 && first.output.contains("2 added, 0 changed, 0 removed, 0 unchanged"))
            let second = try await desk.tusk("apply", "-f", desk.path)
            let same = "  b.one  unchanged\n  b.two  unchanged\n0 added, 0 changed, 0 removed, 2 unchanged\n"
            #expect(second.output == same)
            try desk.write(Self.two.replacing("60s", with: "90s").replacing("kind = \"report\"", with: "kind = \"r\""))
            let third = try await desk.tusk("apply", "-f", desk.path)
            #expect(third.output.contains("~ b.one  changed\n    cron: \"@every 60s\" -> \"@every 90s\"\n"), "\(third)")
            #expect(third.output.contains("    kind: \"report\" -> \"r\"\n"), "\(third)")
        }
    }

    @Test func `what is not in the file goes only with --prune, and only below its prefix`() async throws {
        try await withDesk { desk in
            try desk.write(Self.two)
            _ = try await desk.tusk("apply", "-f", desk.path)
            _ = try await desk.tusk("add", "other", "--cron", "@daily", "--kind", "k")
            try desk.write("prefix = 'b.'\n[schedules.b.two]\ncron = '0 3 * * *'\nkind = 'report'")
            let kept = try await desk.tusk("apply", "-f", desk.path)
            #expect(kept.errors.contains("1 schedule with the prefix of the file not in it"), "\(kept)")
            #expect(kept.output.contains("    args: '{\"day\": 1}' -> (default)"), "\(kept)")
            let json = try await desk.tusk("apply", "-f", desk.path, "--prune", "-o", "json").output
            #expect(json.hasPrefix(#"{"dry_run":false,"added":0,"changed":0,"removed":1,"unchanged":1,"#), "\(json)")
            #expect(try desk.names() == ["b.two", "other"])
            try desk.write("[schedules.b.two]\ncron = '0 3 * * *'\nkind = 'report'")
            let refused = try await desk.tusk("apply", "-f", desk.path, "--prune")
            #expect(refused.status == 2 && refused.errors.contains("has no prefix"), "\(refused)")
        }
    }

    @Test func `either all of a file is done or nothing`() async throws {
        try await withDesk { desk in
            // The first of the two is stored before PostgreSQL refuses the second.
            try desk.write(Self.two)
            try desk.database.script(
                """
                create function public.refuse() returns trigger language plpgsql
                as $$ begin raise exception 'not this one'; end $$;
                create trigger refuse before insert on tusk.schedule
                for each row when (new.name = 'b.two') execute function public.refuse()
                """
            )
            let failed = try await desk.tusk("apply", "-f", desk.path)
            #expect(failed.status == 1 && failed.errors.contains("not this one"), "\(failed)")
            #expect(try desk.names().isEmpty)
            try desk.write(Self.two + "\npriority = 12")
            let wrong = try await desk.tusk("apply", "-f", desk.path)
            let words = "\(desk.path):9: schedule b.two: priority must"
            #expect(wrong.status == 2 && wrong.errors.contains(words), "\(wrong)")
        }
    }

    @Test func `a pause stays when a file is applied`() async throws {
        try await withDesk { desk in
            try desk.write(Self.two)
            _ = try await desk.tusk("apply", "-f", desk.path)
            _ = try await desk.tusk("pause", "b.one", "--reason", "stocktaking")
            try desk.write(Self.two.replacing("60s", with: "90s"))
            _ = try await desk.tusk("apply", "-f", desk.path)
            #expect(try await desk.tusk("get", "b.one").output.contains("stocktaking"))
        }
    }

    @Test func `what is exported and applied again is unchanged, also what SQL stored`() async throws {
        try await withDesk { desk in
            try desk.write(ScheduleFileTests.whole + "\n[schedules.'a:b']\ncron = '@daily'\nkind = 'k'")
            _ = try await desk.tusk("apply", "-f", desk.path)
            try desk.database.script(
                """
                select tusk.put_schedule('s', '5 4 * * *', '{"args": {"a": [1]}, "kind": "k", "priority": 5}'::json)
                """
            )
            let exported = try await desk.tusk("export")
            #expect(exported.status == 0 && exported.output.contains("[schedules.\"a:b\"]"), "\(exported)")
            try desk.write(exported.output)
            let again = try await desk.tusk("apply", "-f", desk.path)
            #expect(again.output.hasSuffix("0 added, 0 changed, 0 removed, 3 unchanged\n"), "\(again)")
            let some = try await desk.tusk("export", "--prefix", "bill").output
            #expect(some.hasPrefix("prefix = \"bill\"\n\n[schedules.billing.nightly]\n"), "\(some)")
        }
    }
}

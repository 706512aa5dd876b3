import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

struct KeyCommandTests {
    /// A token is `tusk_ID_SECRET_SUM`.
    private static func id(inToken text: String) -> String {
        let parts = text.split(separator: "_")
        return parts.count == 4 ? String(parts[1]) : "no token: \(text)"
    }

    @Test func `a key is rotated once, and the list says what takes its place`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            let create = ["key", "create", "--name", "shop", "--scope", "read"]
            let made = try await TuskProcess.run(create, environment: environment).output
            let old = Self.id(inToken: made)
            let rotated = try await TuskProcess.run(["key", "rotate", old], environment: environment)
            #expect(rotated.status == 0, "\(rotated.errors)")
            let new = Self.id(inToken: rotated.output)
            #expect(rotated.errors.contains("Key \(new) takes the place of \(old)"))
            let list = try await TuskProcess.run(["key", "list", "-o", "jsonl"], environment: environment).output
            #expect(list.contains("\"replaced_by\":\"\(new)\""))
            let again = try await TuskProcess.run(["key", "rotate", old], environment: environment)
            #expect(again.status == ExitCode.conflict.rawValue)
            #expect(again.errors.contains("\(new) takes its place"))
            let none = try await TuskProcess.run(["key", "rotate", "none"], environment: environment)
            #expect(none.status == ExitCode.notFound.rawValue)
            _ = try await TuskProcess.run(["key", "revoke", new], environment: environment)
            let revoked = try await TuskProcess.run(["key", "rotate", new], environment: environment)
            #expect(revoked.status == ExitCode.conflict.rawValue && revoked.errors.contains("is revoked"))
        }
    }

    @Test func `a key may have a rate, which is checked and shown`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            let create = ["key", "create", "--name", "partner", "--scope", "enqueue"]
            for (options, words) in [
                (["--rate", "50"], "such as 100/1s"), (["--rate", "0/s"], "such as 100/1s"),
                (["--rate", "11/1ms"], "the number of --rate"), (["--rate", "1/32d"], "the time of --rate"),
                (["--burst", "3"], "--burst is for --rate"), (["--rate", "1/s", "--burst", "0"], "--burst must be"),
            ] {
                let refused = try await TuskProcess.run(create + options, environment: environment)
                #expect(refused.status == ExitCode.usage.rawValue)
                #expect(refused.errors.contains(words), "\(refused.errors)")
            }
            let made = try await TuskProcess.run(create + ["--rate", "50/s", "-o", "json"], environment: environment)
            #expect(made.output.contains(#""rate":{"max":50,"seconds":1,"burst":50}"#), "\(made.output) \(made.errors)")
            let list = try await TuskProcess.run(["key", "list"], environment: environment).output
            #expect(list.contains("50/1s") && list.split(separator: "\n").count == 2, "\(list)")
        }
    }
}

import Foundation
import TestSupport
import Testing

@testable import TuskCommand

/// The program as people and scripts meet it, without a database.
struct ProgramTests {
    @Test func `the version is told to people and to programs`() async throws {
        for line in [["version"], ["--version"]] {
            let ended = try await TuskProcess.run(line)
            #expect(ended.status == 0)
            #expect(ended.output.hasPrefix("tusk \(Program.version) (schema "))
            #expect(ended.errors.isEmpty)
        }
        let ended = try await TuskProcess.run(["version", "-o", "json"])
        let object = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
        #expect(object?["version"] as? String == Program.version)
    }

    @Test func `help goes to standard output, and nothing asked for is a mistake`() async throws {
        for line in [["help"], ["-h"], ["help", "job"], ["job", "add", "--help"], ["help", "exit-codes"]] {
            let ended = try await TuskProcess.run(line)
            #expect(ended.status == 0, "\(line)")
            #expect(!ended.output.isEmpty && ended.errors.isEmpty, "\(line)")
        }
        let ended = try await TuskProcess.run([])
        #expect(ended.status == 2)
        #expect(ended.output.isEmpty && ended.errors.contains("tusk dev"))
    }

    @Test func `a mistake is explained on standard error and ends with 2`() async throws {
        let ended = try await TuskProcess.run(["jbo", "list"])
        #expect(ended.status == 2)
        #expect(ended.output.isEmpty)
        #expect(ended.errors == "tusk: unknown command \"jbo\"\nhint: Did you mean tusk job?\n")
    }

    @Test func `the settings show their values, their origins and no password`() async throws {
        let environment = ["TUSK_DATABASE_URL": "postgresql://u:hunter2@h/d", "TUSK_CONCURRENCY": "3"]
        let ended = try await TuskProcess.run(
            ["config", "show", "-o", "json", "--queues", "a,b"],
            environment: environment
        )
        #expect(ended.status == 0)
        #expect(!ended.output.contains("hunter2") && !ended.errors.contains("hunter2"))
        let object = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: [[String: String]]]
        let rows = try #require(object?["settings"])
        let origins = Dictionary(uniqueKeysWithValues: rows.map { ($0["setting"] ?? "", $0["origin"] ?? "") })
        #expect(origins["database-url"] == "TUSK_DATABASE_URL")
        #expect(origins["concurrency"] == "TUSK_CONCURRENCY")
        #expect(origins["queues"] == "--queues")
        #expect(origins["listen"] == "default")
        #expect(rows.first { $0["setting"] == "concurrency" }?["value"] == "3")
    }

    @Test func `a configuration is checked as a whole`() async throws {
        let good = try await TuskProcess.run(["config", "check"], environment: ["TUSK_LISTNE": "x"])
        #expect(good.status == 0)
        #expect(good.errors.contains("TUSK_LISTNE is no setting; did you mean TUSK_LISTEN?"))
        let open = try await TuskProcess.run(["config", "check", "--no-auth", "--listen", "0.0.0.0:80"])
        #expect(open.status == 78)
        let bad = try await TuskProcess.run(["config", "check"], environment: ["DATABASE_URL": "hunter2 = = x"])
        #expect(bad.status == 78)
        #expect(!bad.errors.contains("hunter2"))
    }

    @Test func `every setting of the example file for services is one, with a value that is taken`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let example = root.appending(path: "deploy/systemd/tusk.env.example")
        var environment: [String: String] = [:]
        for line in try String(contentsOf: example, encoding: .utf8).split(separator: "\n") {
            let setting = line.drop { $0 == "#" }
            guard let sign = setting.firstIndex(of: "="), !setting.hasPrefix(" ") else { continue }
            environment[String(setting[..<sign])] = String(setting[setting.index(after: sign)...])
        }
        #expect(environment.count >= 7)
        let checked = try await TuskProcess.run(["config", "check"], environment: environment)
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(checked.errors.isEmpty)
    }

    @Test func `tusk dev does not advise to start tusk dev`() async throws {
        let line = ["dev", "--listen", "127.0.0.1:0"]
        let ended = try await TuskProcess.run(line, environment: ["PGHOST": "/nonexistent"])
        #expect(ended.status == 69)
        #expect(ended.errors.contains("PGHOST names this database; without it tusk dev starts a private server."))
    }

    @Test func `bytes that are not UTF-8 are refused`() async throws {
        let line = "exec '\(TuskProcess.program)' job get \"$(printf 'a\\377b')\""
        let ended = try await TuskProcess.run(["-c", line], launcher: "/bin/sh")
        #expect(ended.status == 2)
        #expect(ended.errors.contains("argument 3 is not valid UTF-8"))
    }

    @Test(arguments: ["<&- >&- 2>&-", "<&-", ">&-", "2>&-", ">/dev/full"])
    func `closed and full outputs do no harm`(redirection: String) async throws {
        let line = "HOME= TZ=nonsense LC_ALL=C '\(TuskProcess.program)' version \(redirection)"
        let ended = try await TuskProcess.run(["-c", line], launcher: "/bin/sh")
        #expect(ended.status == (redirection == ">/dev/full" ? 1 : 0))
    }

    @Test func `a database that is not there ends with 69`() async throws {
        let ended = try await TuskProcess.run(
            ["job", "list"],
            environment: ["TUSK_DATABASE_URL": "host=/nonexistent password=hunter2"]
        )
        #expect(ended.status == 69)
        #expect(ended.errors.contains("hint: "))
        #expect(!ended.errors.contains("hunter2"))
    }

    @Test(
        arguments: [
            (["api", "--no-auth", "--listen", "0.0.0.0:0"], 78), (["dev", "--listen", "0.0.0.0:0"], 78),
            (["worker", "--concurrency", "0"], 2), (["job", "add", "k", "--args", "{a:1}"], 2),
            (["job", "get", "01"], 2),
            (["job", "add", "ä"], 2), (["job", "add", "k", "--in", "1s", "--run-at", "2026-01-01T00:00:00Z"], 2),
            (["job", "add", "k", "--args", "@/nonexistent"], 2), (["schedule", "next", "--cron", "61 * * * *"], 2),
            (["schedule", "next", "--cron", "* * * * *", "--tz", "Mars/Olympus"], 2), (["schedule", "next"], 2),
            (["schedule", "explain", "0 0 30 2 *"], 2), (["schedule", "explain", "@daily", "--tz", "Mars"], 2),
            (["key", "create", "--name", "x", "--scope", "red"], 2), (["health", "--url", "https://h"], 2),
            (["health", "--url", "http://127.0.0.1:1"], 69),
        ] as [([String], Int32)]
    )
    func `each kind of refusal has its exit code`(line: [String], status: Int32) async throws {
        let ended = try await TuskProcess.run(line, environment: ["TUSK_DATABASE_URL": "host=/nonexistent"])
        #expect(ended.status == status, "\(line): \(ended.errors)")
        #expect(ended.output.isEmpty)
        #expect(ended.errors.hasPrefix("tusk: "), "\(ended.errors)")
    }

    @Test func `the next times of an expression need no database`() async throws {
        let line = ["schedule", "next", "--cron", "0 12 25 12 *", "--tz", "Europe/Rome", "-n", "2", "-o", "jsonl"]
        let ended = try await TuskProcess.run(line)
        #expect(ended.status == 0, "\(ended.errors)")
        let ticks = ended.output.split(separator: "\n")
        #expect(ticks.count == 2)
        #expect(ticks.allSatisfy { $0.contains("-12-25T11:00:00.000000Z") })
    }
}

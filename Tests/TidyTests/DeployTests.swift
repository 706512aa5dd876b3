import Foundation
import Testing

/// What deploy/ holds, judged by the programs it is made for.
struct DeployTests {
    private static let folder = Repository.root.appending(path: "deploy/systemd")
    private static let services = ["tusk-api.service", "tusk-scheduler.service", "tusk-worker@.service"]
    private static let scripts = ["deploy/run", "deploy/test", "deploy/prepare.sh", ".ci/run"]

    /// Runs `body` with a copy of the units in which the program to start exists.
    private func withUnits<R>(_ body: (URL) throws -> R) throws -> R {
        let copy = FileManager.default.temporaryDirectory.appending(path: "tusk-units-\(UUID())")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: copy) } }
        for name in Self.services + ["tusk.target"] {
            let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            let runnable = text.replacing("ExecStart=/usr/bin/tusk ", with: "ExecStart=/usr/bin/env ")
            #expect(name == "tusk.target" || runnable != text, "\(name) does not start tusk")
            try runnable.write(to: copy.appending(path: name), atomically: true, encoding: .utf8)
        }
        return try body(copy)
    }

    private func lines(_ name: String) throws -> [String] {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(arguments: services + ["tusk.target"])
    func `systemd accepts the unit without a remark`(name: String) throws {
        let verdict = try withUnits { try Tool.run("systemd-analyze", ["verify", "--man=no", $0.path + "/" + name]) }
        #expect(verdict.status == 0 && verdict.output.isEmpty, "\(verdict.output)")
    }

    @Test func `systemd would remark on a misspelt setting`() throws {
        let verdict = try withUnits { folder in
            let unit = folder.appending(path: "tusk-api.service")
            let text = try String(contentsOf: unit, encoding: .utf8).replacing("ProtectHome=", with: "ProtectHomes=")
            try text.write(to: unit, atomically: true, encoding: .utf8)
            return try Tool.run("systemd-analyze", ["verify", "--man=no", unit.path])
        }
        #expect(verdict.output.contains("ProtectHomes"))
    }

    /// 30 stands for 3.0 of 10 on systemd's scale of exposure; a unit without hardening has 9.6.
    @Test(arguments: services)
    func `systemd calls the service's exposure low`(name: String) throws {
        let verdict = try withUnits { folder in
            try Tool.run(
                "systemd-analyze",
                ["security", "--no-pager", "--offline=true", "--threshold=30", folder.path + "/" + name]
            )
        }
        #expect(verdict.status == 0, "\(verdict.output.suffix(200))")
    }

    @Test func `the services share their hardening`() throws {
        // From the heading of the part to its last setting that does not depend on what the service runs.
        let parts = try Self.services.map { name in
            try lines(name).drop { !$0.hasPrefix("# What it may see") }.prefix {
                !$0.hasPrefix("SystemCallErrorNumber")
            }
        }
        #expect(parts.allSatisfy { $0.count > 20 && Array($0) == Array(parts[0]) })
    }

    /// The default drain is 25 seconds and a process ends at most 2 seconds after it.
    @Test(arguments: services)
    func `systemd waits for the drain before it kills`(name: String) throws {
        let setting = try #require(lines(name).first { $0.hasPrefix("TimeoutStopSec=") })
        #expect(try #require(Int(setting.dropFirst("TimeoutStopSec=".count))) > 27)
        #expect(try lines(name).contains("KillSignal=SIGTERM"))
    }

    /// The default watchdog signal would leave a core and drop what runs.
    @Test(arguments: services)
    func `systemd replaces a service that is stuck, and lets it drain`(name: String) throws {
        let settings = try lines(name)
        #expect(settings.contains("Type=notify") && settings.contains("WatchdogSec=30"))
        #expect(settings.contains("WatchdogSignal=SIGTERM"))
    }

    @Test func `a worker's stop does not reach the programs of its jobs`() throws {
        #expect(try lines("tusk-worker@.service").contains("KillMode=mixed"))
    }

    @Test func `the services' user can be made`() throws {
        let verdict = try Tool.run("systemd-sysusers", ["--dry-run", Self.folder.path + "/tusk.sysusers"])
        #expect(verdict.status == 0, "\(verdict.output)")
    }

    @Test func `every setting of the example file is a variable or a comment`() throws {
        let setting = /#?[A-Z][A-Z_]*=\S+/
        for line in try lines("tusk.env.example") where !line.isEmpty && !line.hasPrefix("# ") {
            #expect(line.wholeMatch(of: setting) != nil, "\(line)")
        }
    }

    @Test(arguments: scripts)
    func `bash can read the script`(path: String) throws {
        let verdict = try Tool.run("bash", ["-n", path])
        #expect(verdict.status == 0 && verdict.output.isEmpty, "\(verdict.output)")
        let isSourced = path.hasSuffix(".sh")
        #expect(FileManager.default.isExecutableFile(atPath: Repository.root.path + "/" + path) != isSourced)
    }

    /// What a line of bash says after it has read `prepare.sh`, in an environment of nothing else.
    private func prepared(_ line: String, _ environment: [String] = [], onTerminal: Bool = false) throws -> Tool {
        let shell = ["bash", "-c", "set -euo pipefail; . deploy/prepare.sh; \(line)", "prepare"]
        let variables = ["-i", "PATH=/usr/bin:/bin"] + environment
        guard onTerminal else { return try Tool.run("env", variables + shell) }
        let quoted = shell.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
        let terminal = ["SHELL=/bin/sh", "script", "--quiet", "--return", "-c", quoted, "/dev/null"]
        return try Tool.run("env", variables + terminal)
    }

    @Test(
        arguments: [
            ([], "", 1), (["PGUSER=x", "PGPORT=1"], "", 1), (["DATABASE_URL="], "", 1), (["DATABASE_URL=x"], "", 0),
            (["PGHOST=x"], "", 0), (["TUSK_DATABASE_URL_FILE=x"], "", 0), ([], "--ephemeral", 1),
            ([], "--database-url x", 0), ([], "--database-url=x", 0),
        ] as [([String], String, Int32)]
    )
    func `a server is installed unless one is named`(environment: [String], arguments: String, status: Int32) throws {
        #expect(try prepared("names_database \(arguments)", environment).status == status)
    }

    @Test(
        arguments: [
            ("swift() { return 1; }; need_packages() { :; }; need_swift", "'swift --version' shows why.", 78),
            ("postgresql_bin() { return 1; }; as_root() { return 1; }; need_postgresql", "or name a server", 69),
        ] as [(String, String, Int32)]
    )
    func `a step that cannot be done ends with a sentence`(line: String, words: String, status: Int32) throws {
        let answer = try prepared(line)
        #expect(answer.status == status)
        #expect(answer.output.contains(words), "\(answer.output)")
    }

    @Test func `sudo can ask for its password before apt has no terminal`() throws {
        let fakes = "id() { echo 1000; }; sudo() { echo \"sudo $*\"; }"
        let answer = try prepared("\(fakes); apt_install nothing", onTerminal: true)
        #expect(answer.output.hasPrefix("sudo -v"), "\(answer.output)")
    }

    @Test(arguments: ["deploy/run", "deploy/test"])
    func `the command explains itself and does nothing else`(path: String) throws {
        let answer = try Tool.run("bash", [path, "--help"])
        #expect(answer.status == 0)
        #expect(answer.output.hasPrefix("usage: \(path) "))
    }
}

import Foundation
import TestSupport
import Testing
import TuskPostgres

@testable import TuskCommand

/// `deploy/nginx` in front of an API and `deploy/pgbouncer` in front of PostgreSQL, with nothing changed but addresses.
struct DeployProxyTests {
    /// A file of `deploy/` with other values; each value that is replaced must be there.
    private func changed(_ path: String, _ changes: [(String, String)]) throws -> String {
        try changes.reduce(into: DeployFile.text(path)) { text, change in
            try #require(text.contains(change.0), "\(change.0) in \(path)")
            text = text.replacing(change.0, with: change.1)
        }
    }

    private func url(_ process: TuskProcess) throws -> String {
        try #require(process.errors.firstMatch(of: /api=(http:\S+)/).map { String($0.1) }, "\(process.errors)")
    }

    // nginx

    /// Writes a configuration and a certificate into a directory, for servers at its sockets.
    private func configure(_ directory: String, api: String) async throws {
        let site = try changed(
            "deploy/nginx/tusk.conf",
            [
                ("    listen 80;", "    listen unix:\(directory)/plain;"), ("    listen [::]:80;", ""),
                ("    listen 443 ssl", "    listen unix:\(directory)/tls ssl"), ("    listen [::]:443 ssl http2;", ""),
                ("127.0.0.1:8080", api.replacing("http://", with: "")), ("/etc/ssl/tusk/", "\(directory)/"),
            ]
        )
        try site.write(toFile: "\(directory)/tusk.conf", atomically: true, encoding: .utf8)
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(directory)/\($0);" }
        let whole = """
            daemon off; master_process off; pid \(directory)/pid; error_log \(directory)/errors;
            events {}
            http { access_log off; \(paths.joined(separator: " ")) include \(directory)/tusk.conf; }
            """
        try whole.write(toFile: "\(directory)/nginx.conf", atomically: true, encoding: .utf8)
        let request = ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        let names = ["-subj", "/CN=tusk.example.com", "-addext", "subjectAltName=DNS:tusk.example.com"]
        let files = ["-keyout", "\(directory)/privkey.pem", "-out", "\(directory)/fullchain.pem"]
        let made = try await TuskProcess.run(["openssl"] + request + names + files, launcher: "/usr/bin/env")
        try #require(made.status == 0, "\(made.errors)")
    }

    private func nginx(_ directory: String, _ more: [String] = []) throws -> TuskProcess {
        let line = ["nginx", "-e", "\(directory)/errors", "-p", directory, "-c", "\(directory)/nginx.conf"]
        return try TuskProcess(line + more, launcher: "/usr/bin/env")
    }

    @Test func `nginx hands on jobs, streams and refusals as its file says`() async throws {
        try await withDatabase(.migrated) { database in
            let environment = ["TUSK_DATABASE_URL": database.connectionString.textWithPassword]
            let api = try TuskProcess(
                ["api", "--listen", "127.0.0.1:0", "--log-format", "logfmt"],
                environment: environment
            )
            try await api.says("message=started")
            let directory = try Files.makeTemporary()
            defer { Files.remove(directory) }
            try await configure(directory, api: url(api))
            let checked = try await nginx(directory, ["-t"]).end()
            #expect(checked.status == 0 && !checked.errors.contains("[warn]"), "\(checked.errors)")
            let proxy = try nginx(directory)
            try await eventually(within: .seconds(20), "nginx: \(proxy.errors)") {
                FileManager.default.fileExists(atPath: "\(directory)/tls")
            }
            let direct = try await DeployClient(url(api), environment: environment)
            let tls = ["--unix-socket", "\(directory)/tls", "--cacert", "\(directory)/fullchain.pem"]
            let client = DeployClient(direct, at: "https://tusk.example.com", tls)
            try await refuses(client, directory)
            try await takesManyJobs(client, directory)
            try await streams(client)
            let plain = DeployClient(direct, at: "http://tusk.example.com", ["--unix-socket", "\(directory)/plain"])
            #expect(try await status(plain, "/v1/jobs") == "403", "a key was sent in the clear")
            #expect(try await status(plain, "/") == "301")
        }
    }

    private func status(_ client: DeployClient, _ path: String, _ more: [String] = []) async throws -> String {
        try await client.ask(path, ["--output", "/dev/null", "--write-out", "%{http_code}"] + more)
    }

    private func refuses(_ client: DeployClient, _ directory: String) async throws {
        #expect(try await status(client, "/v1/jobs") == "200")
        for path in ["/metrics", "/livez", "/readyz", "/healthz"] {
            #expect(try await status(client, path) == "404", "\(path)")
        }
        let long = "\(directory)/long.json"
        try String(repeating: " ", count: 1_100_000).write(toFile: long, atomically: true, encoding: .utf8)
        #expect(try await status(client, "/v1/jobs", ["--data-binary", "@\(long)"]) == "413")
    }

    private func takesManyJobs(_ client: DeployClient, _ directory: String) async throws {
        let line = #"{"kind":"import","args":{"text":""# + String(repeating: "x", count: 1000) + "\"}}\n"
        let many = "\(directory)/many.ndjson"
        try String(repeating: line, count: 2000).write(toFile: many, atomically: true, encoding: .utf8)
        let type = ["--header", "Content-Type: application/x-ndjson"]
        let answer = try await client.ask("/v1/jobs:bulk", type + ["--data-binary", "@\(many)"])
        #expect(answer.matches(of: /"status":201/).count == 2000, "\(answer.prefix(300))")
    }

    /// The first event comes while the stream goes on.
    private func streams(_ client: DeployClient) async throws {
        let job = try await client.post("/v1/jobs", #"{"kind":"nobody.offers"}"#)
        let id = try #require(job.firstMatch(of: /"id":"(\d+)"/).map { String($0.1) }, "\(job)")
        let curl = try client.start("/v1/jobs/\(id)/events", ["--no-buffer"])
        try await curl.says("event: state", within: .seconds(10))
        #expect(curl.status == nil)
        curl.send(SIGKILL)
    }

    // PgBouncer

    @Test func `a job is enqueued and run through PgBouncer as its file says`() async throws {
        try await withRoles { roles in
            let directory = try Files.makeTemporary()
            defer { Files.remove(directory) }
            chmod(directory, 0o777)
            let server = roles.database.connectionString.with("user", nil).with("password", nil).textWithPassword
            let name = roles.database.name
            let ini = try changed(
                "deploy/pgbouncer/pgbouncer.ini",
                [
                    ("\ntusk = host=127.0.0.1 port=5432 dbname=tusk", "\n\(name) = \(server)"),
                    ("listen_addr = 127.0.0.1", "listen_addr ="), ("/run/pgbouncer", directory),
                    ("/var/log/postgresql", directory), ("/etc/pgbouncer", directory),
                ]
            )
            try ini.write(toFile: "\(directory)/pgbouncer.ini", atomically: true, encoding: .utf8)
            let users = [RoleDatabase.Role.api, .worker].map { "\"\(roles.name($0))\" \"\(RoleDatabase.password)\"" }
            let list = users.joined(separator: "\n")
            try list.write(toFile: "\(directory)/userlist.txt", atomically: true, encoding: .utf8)
            // As root it asks for a user to become.
            let line = ["pgbouncer"] + (getuid() == 0 ? ["-u", "nobody"] : []) + ["\(directory)/pgbouncer.ini"]
            let pooler = try TuskProcess(line, launcher: "/usr/bin/env")
            try await eventually(within: .seconds(20), "pgbouncer: \(pooler.errors)") {
                FileManager.default.fileExists(atPath: "\(directory)/.s.PGSQL.6432")
            }
            func through(_ role: RoleDatabase.Role) -> [String: String] {
                let connection = roles.acting(as: role).connectionString.with(host: directory, port: 6432)
                return ["TUSK_DATABASE_URL": connection.textWithPassword, "TUSK_BEHIND_POOLER": "true"]
            }
            let worker = try TuskProcess(["worker", "--log-format", "logfmt"], environment: through(.worker))
            try await worker.says("message=started")
            let add = ["job", "add", "tusk.noop", "--wait", "--wait-timeout", "20s"]
            let ended = try await TuskProcess.run(add, environment: through(.api))
            #expect(ended.status == 0, "\(ended.errors)\(worker.errors)")
            worker.send(SIGTERM)
            #expect(try await worker.end(within: .seconds(20)).status == 0)
        }
    }

    // All files

    @Test func `every setting in the files for containers is one, with a value that is taken`() async throws {
        let setting = /(TUSK_[A-Z_]+)(?:=|: |, value: )"?([^"\s}]+)/
        let paths = [
            "docker/Dockerfile", "compose/compose.yaml", "kubernetes/config.yaml", "kubernetes/worker.yaml",
        ]
        for path in paths {
            var environment: [String: String] = [:]
            for match in try DeployFile.text("deploy/\(path)").matches(of: setting) {
                let name = String(match.1)
                if name != "TUSK_DB_PASSWORD" { environment[name] = String(match.2) }
            }
            #expect(environment.count >= 2, "\(path): \(environment)")
            let checked = try await TuskProcess.run(["config", "check"], environment: environment)
            #expect(checked.status == 0 && checked.errors.isEmpty, "\(path): \(checked.errors)")
        }
    }
}

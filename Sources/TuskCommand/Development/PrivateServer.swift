import Foundation
import Glibc
import TuskPostgres

/// A PostgreSQL server of our own, for `tusk dev`: reachable only through a socket in a directory that only its user
/// may enter, so that it needs no password.
final class PrivateServer: Sendable {
    /// Where it is.
    let place: PrivatePlace
    private let child: ChildProcess

    /// The role that Tusk works as. Not `tusk`: what such a role creates lands in the schema of that name, which is the
    /// first of `"$user", public`.
    private static let role = "postgres"
    /// The database that is made for Tusk.
    private static let database = "tusk"
    /// Limits of the steps. Making a cluster takes about half a second, recovery after a crash can take long.
    private static let makeMax = Duration.seconds(120)
    private static let startMax = Duration.seconds(300)
    private static let stopMax = Duration.seconds(60)

    /// The data is kept by this server's operating system: durable unless it is thrown away anyway.
    private static let settings = [
        "listen_addresses=", "unix_socket_permissions=0700", "fsync=on", "full_page_writes=on",
        "synchronous_commit=on", "logging_collector=off", "log_destination=stderr", "log_timezone=UTC",
        "cluster_name=tusk-dev",
    ]

    /// Makes the cluster if it is not there yet, and starts the server. Returns when it answers. `settings` are added
    /// to its own and win over them.
    init(
        in place: PrivatePlace,
        _ user: ServerUser,
        _ environment: [String: String],
        _ signals: StopSignals?,
        settings: [String] = [],
        note: (String) -> Void
    ) throws(CommandError) {
        self.place = place
        try FormerServer.end(place.data, note)
        let programs = try ServerPrograms.find(needed: try Self.dataVersion(place), environment)
        let steps = Steps(place: place, user: user, programs: programs, signals: signals)
        if access("\(place.data)/PG_VERSION", F_OK) != 0 { try steps.makeCluster() }
        let command = [programs.path("postgres"), "-D", place.data, "-k", place.socketDirectory, "-p", "5432"]
        // A fast shutdown when we are killed, so that the next start needs no recovery.
        let bound = user.boundCommand(command + (Self.settings + settings).flatMap { ["-c", $0] }, signal: "INT")
        child = try ChildProcess(steps.plan(bound, output: place.log))
        do throws(CommandError) {
            try awaitAnswer(steps)
        } catch {
            stop(now: true)
            throw error
        }
    }

    /// How to connect.
    var connection: String {
        "host=\(Self.quoted(place.socketDirectory)) port=5432 user=\(Self.role) dbname=\(Self.database)"
    }

    /// The same for a shell.
    var psql: String { "psql -h \(Self.shellQuoted(place.socketDirectory)) -U \(Self.role) \(Self.database)" }

    /// The socket's name in its directory, for the port 5432.
    static let socketName = ".s.PGSQL.5432"

    /// Whether it has ended.
    var hasEnded: Bool { child.finished != nil }

    /// Calls `body` when the server has ended by itself.
    func onEnd(_ body: @escaping @Sendable (CommandError) -> Void) {
        let log = place.log
        child.onEnd { _ in
            body(CommandError(.unavailable, "the private server has ended", hint: "Its log is \(log)."))
        }
    }

    /// Ends the server: a fast shutdown, or an immediate one after which the next start recovers. Any number of times.
    func stop(now: Bool) {
        // What the signals mean: PostgreSQL 15 manual, 19.5 "Shutting Down the Server".
        if !now {
            child.send(SIGINT)
            if child.wait(Self.stopMax) != nil { return }
        }
        child.send(SIGQUIT)
        if child.wait(.seconds(10)) == nil {
            child.send(SIGKILL)
            _ = child.wait(.seconds(10))
        }
    }

    /// The major version that made the data; nil when there is none yet.
    private static func dataVersion(_ place: PrivatePlace) throws(CommandError) -> Int? {
        let path = "\(place.data)/PG_VERSION"
        do throws(SmallFile.Failure) {
            let text = String(decoding: try SmallFile.read(path).bytes, as: UTF8.self)
            return Int(text.prefix { $0.isNumber })
        } catch .missing {
            return nil
        } catch {
            throw CommandError(.configuration, "\(path) \(error.words)")
        }
    }

    // MARK: Starting

    /// The steps of a start that run programs.
    private struct Steps {
        let place: PrivatePlace
        let user: ServerUser
        let programs: ServerPrograms
        let signals: StopSignals?

        func plan(_ command: [String], output: String) -> ChildProcess.Plan {
            // Nothing of our environment: neither secrets nor PG* variables are the server's business.
            let environment = ["PATH": "\(programs.directory):/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"]
            return ChildProcess.Plan(command: command, environment: environment, output: output)
        }

        /// Makes the cluster beside its place and moves it there when it is whole.
        func makeCluster() throws(CommandError) {
            let draft = "\(place.data).new"
            Files.remove(draft)
            guard mkdir(draft, 0o700) == 0 else { throw Files.failure("cannot create \(draft)", errno) }
            try Files.give(draft, to: user)
            let log = "\(place.base)/initdb.log"
            let command = [
                programs.path("initdb"), "--pgdata=\(draft)", "--username=\(PrivateServer.role)", "--auth-local=trust",
                "--auth-host=reject", "--encoding=UTF8", "--locale=C", "--no-instructions",
            ]
            let end = try ChildProcess.run(
                plan(user.command(command + (place.temporary.contains(place.base) ? ["--no-sync"] : [])), output: log),
                limit: PrivateServer.makeMax,
                signals
            )
            guard end.isSuccess else { throw PrivateServer.failure("initdb could not make a cluster", log) }
            guard rename(draft, place.data) == 0 else { throw Files.failure("cannot create \(place.data)", errno) }
            Files.remove(log)
        }

        /// Makes the database, and a role for whoever runs this, so that a plain `psql` gets in.
        func createDatabase() throws(CommandError) {
            let common = ["-h", place.socketDirectory, "-U", PrivateServer.role]
            if let user = ServerUser.ownName(), user != PrivateServer.role {
                // It may be there, from a start that was killed; and without it psql only needs a -U.
                _ = try run("createuser", ["--superuser"] + common + ["--", user])
            }
            let end = try run("createdb", common + [PrivateServer.database])
            guard end.isSuccess else { throw PrivateServer.failure("createdb failed", log("createdb")) }
        }

        private func log(_ program: String) -> String { "\(place.base)/\(program).log" }

        private func run(_ program: String, _ arguments: [String]) throws(CommandError) -> ChildProcess.End {
            let command = user.command([programs.path(program)] + arguments)
            let end = try ChildProcess.run(
                plan(command, output: log(program)),
                limit: PrivateServer.makeMax,
                signals
            )
            if end.isSuccess { Files.remove(log(program)) }
            return end
        }
    }

    private func awaitAnswer(_ steps: Steps) throws(CommandError) {
        let deadline = Deadline.after(Self.startMax)
        while true {
            try steps.signals?.check()
            if child.finished != nil { throw Self.failure("the private server did not start", place.log) }
            do throws(PostgresError) {
                let settings = ConnectionSettings(conninfo: try ConnectionString(connection), applicationName: "tusk")
                try Session(settings, deadline: .after(.seconds(2))).close()
                return
            } catch {
                // 3D000: the database does not exist. Everything else means that the server is not ready yet.
                if error.sqlState == "3D000" {
                    try steps.createDatabase()
                } else if deadline.hasPassed {
                    throw CommandError(.unavailable, "the private server does not answer: \(error.message)")
                } else {
                    _ = child.wait(.milliseconds(20))
                }
            }
        }
    }

    /// The failure of a program of the server, with what its log says about it.
    private static func failure(_ what: String, _ log: String) -> CommandError {
        let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let telling = lines.last { line in ["FATAL:", "PANIC:", "error:"].contains { line.contains($0) } }
        let why = telling ?? lines.last ?? "it said nothing"
        let isFull = text.contains("No space left on device")
        return CommandError(
            isFull ? .unavailable : .configuration,
            "\(what): \(why)",
            hint: isFull ? "Make room on the disk, or choose another with --directory." : "The whole log is \(log)."
        )
    }

    /// A value in a connection string.
    private static func quoted(_ text: String) -> String {
        let escaped = text.reduce(into: "") { result, character in
            if character == "'" || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return "'\(escaped)'"
    }

    private static func shellQuoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "/") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "_") || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
                || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
        }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

import Glibc
import TuskCore
import TuskPostgres
import TuskStore
import TuskTasks

/// `tusk dev`: everything in one process, on a private server unless a database is named.
enum DevCommand {
    static let all = [
        Command(
            path: ["dev"],
            summary: "runs everything for trying it out, on a private PostgreSQL server of its own",
            details: "The server's data stays in ./.tusk and is used again next time; other tusk commands in this"
                + " directory find it. DATABASE_URL or PG* name another database instead. There is no authentication,"
                + " so it listens on loopback addresses only. Ctrl-C ends all of it.",
            options: [.listen, .ephemeral, .directory] + Option.working + Option.serving,
            examples: ["tusk dev", "tusk dev --ephemeral --listen 127.0.0.1:0"],
            body: run
        )
    ]

    /// Directories that data.import may read from unless others are given, as far as they are there.
    private static let usualImportRoots = ["Tests/Fixtures", "data"]
    /// Tables that data tasks may use unless others are given.
    private static let usualTables = ["public.*"]

    private static func run(_ context: CommandContext) throws(CommandError) -> ExitCode {
        guard let listen = ServeRules.address(context.configuration, .listen) else { preconditionFailure("checked") }
        guard listen.isLoopback else {
            throw CommandError(
                .configuration,
                "tusk dev asks nobody for a key, so it does not listen at \(listen.text)",
                hint: "Listen on 127.0.0.1, or use tusk all."
            )
        }
        if let obstacle = CommandError(obstacleAt: listen, option: .listen) { throw obstacle }
        let signals = StopSignals()
        guard !context.configuration.namesDatabase else {
            return try serveNamed(context, signals)
        }
        return try serveWithPrivateServer(context, signals)
    }

    /// Serves on a database that somebody named. To start tusk dev is no advice to whoever has just done it.
    private static func serveNamed(_ context: CommandContext, _ signals: StopSignals) throws(CommandError) -> ExitCode {
        do throws(CommandError) {
            return try serve(context, signals, psql: namedPsql(context.configuration))
        } catch  where error.hint == CommandError.reachHint {
            let origin = context.configuration.entry(.databaseURL)?.origin.description ?? Option.databaseURL.flag
            let hint = "\(origin) names this database; without it tusk dev starts a private server."
            throw CommandError(error.code, error.message, hint: hint)
        }
    }

    /// How to look into a database that somebody named, without repeating its password.
    private static func namedPsql(_ configuration: Configuration) -> String? {
        switch configuration.entry(.databaseURL)?.origin {
        case .environment(let name): name.hasSuffix("_FILE") ? "psql \"$(cat \"$\(name)\")\"" : "psql \"$\(name)\""
        case .libpqEnvironment: "psql"
        case .flag, .file, .development, .fallback, nil: nil
        }
    }

    // MARK: The private server

    private static func serveWithPrivateServer(
        _ context: CommandContext,
        _ signals: StopSignals
    ) throws(CommandError) -> ExitCode {
        let user = try ServerUser.choose(context.environment)
        let isPassing = context.configuration.flag(.ephemeral)
        let directory = Files.absolute(context.configuration.text(.directory) ?? ".tusk")
        var lock: DirectoryLock?
        // Until the server has stopped.
        defer { withExtendedLifetime(lock) {} }
        if !isPassing {
            try Files.makeDirectory(directory, mode: user.isOther ? 0o711 : 0o700)
            lock = try DirectoryLock(directory)
            try Files.write("*\n", to: "\(directory)/.gitignore")
        }
        let note = { (line: String) in context.console.note(line) }
        let place = isPassing ? try PrivatePlace.passing(user) : try PrivatePlace.lasting(directory, user, note)
        defer { place.removeTemporary() }
        let server = try PrivateServer(in: place, user, context.environment, signals, note: note)
        defer { server.stop(now: signals.urgency == .now) }
        server.onEnd { signals.fail($0) }
        let traces = isPassing ? [] : ["\(directory)/database", "\(directory)/\(PrivateServer.socketName)"]
        defer { for trace in traces { Files.remove(trace) } }
        if !isPassing {
            // For other commands in this directory, and for psql with this directory as its host.
            try Files.write(server.connection + "\n", to: traces[0])
            try Files.link(traces[1], to: "\(place.socketDirectory)/\(PrivateServer.socketName)")
        }
        let named = CommandContext(
            invocation: context.invocation,
            configuration: context.configuration.naming(database: server.connection),
            console: context.console,
            environment: context.environment
        )
        return try serve(named, signals, psql: server.psql)
    }

    // MARK: Serving

    private static func serve(
        _ context: CommandContext,
        _ signals: StopSignals,
        psql: String?
    ) throws(CommandError) -> ExitCode {
        let parts = try ServiceParts(context, signals)
        defer { parts.close() }
        _ = try MigrateCommands.apply(parts.database)
        try parts.database.check(allowsUnsafe: context.configuration.flag(.allowUnsafeServer))
        let roots = usualImportRoots.filter { access($0, R_OK | X_OK) == 0 }
        let data = try DataAccess.read(
            context.configuration,
            context.environment,
            importRoots: roots,
            tables: usualTables
        )
        let api = try APIRole(parts, isOpen: true, noticeTime: .zero)
        let roles: [any ServiceRole] = [
            api, try WorkerRole(parts, data: data), try SchedulerRole(parts),
        ]
        var service = Service(parts: parts, roles: roles)
        service.announce = { places throws(CommandError) in
            // One write: who reads the first line finds the others.
            let lines = banner(url: places[0], psql: psql, roots: data.importRoots)
            try context.console.result(lines.joined(separator: "\n"))
        }
        return try service.run()
    }

    /// What to do next, in lines that work as they stand.
    private static func banner(url: String, psql: String?, roots: [String]) -> [String] {
        let body = #"{"kind":"tusk.echo","args":{"hello":"world"}}"#
        var lines = [
            "Tusk is running at \(url). Ctrl-C ends it.",
            "",
            "Enqueue a job:      curl -sS \(url)/v1/jobs -H 'Content-Type: application/json' -d '\(body)'",
            "See its result:     curl -sS \(url)/v1/jobs/ID    (the id in the answer)",
        ]
        if let psql {
            lines.append("Look inside:        \(psql)")
        }
        if !roots.isEmpty { lines.append("data.import reads:  \(roots.joined(separator: ", "))") }
        return lines
    }
}

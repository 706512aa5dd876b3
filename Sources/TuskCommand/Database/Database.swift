import TuskCore
import TuskPostgres
import TuskStore

/// The database of a command.
struct Database {
    /// How many sessions a command line tool may have.
    private static let sessionsMax = 2

    let store: Store

    /// The database that the configuration names. Does not connect yet.
    init(_ configuration: Configuration, as name: String, sessionsMax: Int = Self.sessionsMax) throws(CommandError) {
        let settings = try Self.settings(configuration, as: name)
        store = Store(settings, sessionsMax: sessionsMax)
    }

    /// The database that a store leads to.
    init(_ store: Store) {
        self.store = store
    }

    /// What sessions connect with. Neither a call nor connecting takes longer than `callTimeoutMax`, whatever the
    /// configuration says.
    static func settings(
        _ configuration: Configuration,
        as name: String,
        callTimeoutMax: Duration? = nil
    ) throws(CommandError) -> ConnectionSettings {
        do throws(PostgresError) {
            var settings = ConnectionSettings(
                conninfo: try ConnectionString(configuration.text(.databaseURL) ?? ""),
                applicationName: name,
                settingsScope: configuration.flag(.behindPooler) ? .transaction : .session
            )
            let timeout = configuration.duration(.timeout)
            settings.callTimeout = min(timeout, callTimeoutMax ?? timeout)
            settings.connectTimeout = min(settings.connectTimeout, settings.callTimeout)
            return settings
        } catch {
            let origin = configuration.entry(.databaseURL)?.origin.description ?? Option.databaseURL.flag
            throw CommandError(.configuration, "\(origin): \(error.message)")
        }
    }

    /// Lends a session to `body`, after making sure that the schema is this program's.
    func with<Answer>(_ body: (StoreSession) throws(StoreError) -> Answer) throws(CommandError) -> Answer {
        try withAnySchema { session throws(StoreError) in
            let state = try session.schemaState()
            guard case .current = state else { throw .schema(state) }
            return try body(session)
        }
    }

    /// The same for a `body` that changes something: a failure that leaves open whether it took effect says so. `hint`
    /// is how to find out.
    func change<Answer>(
        orElse hint: String = "Look whether it did before you do it again.",
        _ body: (StoreSession) throws(StoreError) -> Answer
    ) throws(CommandError) -> Answer {
        var isUnderWay = false
        do throws(StoreError) {
            return try store.withSession { session throws(StoreError) in
                let state = try session.schemaState()
                guard case .current = state else { throw .schema(state) }
                isUnderWay = true
                return try body(session)
            }
        } catch .database(let fault) where isUnderWay && fault.isUnknownOutcome {
            throw CommandError(unknownOutcomeOf: fault, hint: hint)
        } catch {
            throw CommandError(error)
        }
    }

    /// Wakes the workers of a queue, after the commit of what they are woken for. They look by themselves soon, so a
    /// failure is no more than a warning.
    func wake(_ console: Console, _ queue: (StoreSession) throws(StoreError) -> QueueName?) {
        do throws(StoreError) {
            try store.withSession { session throws(StoreError) in
                guard let queue = try queue(session) else { return }
                try session.signal([queue])
            }
        } catch {
            console.warn("it is done, but workers could not be woken and see it later: \(CommandError(error).message)")
        }
    }

    /// Lends a session to `body`, whatever the schema is.
    func withAnySchema<Answer>(_ body: (StoreSession) throws(StoreError) -> Answer) throws(CommandError) -> Answer {
        do throws(StoreError) {
            return try store.withSession(body)
        } catch {
            throw CommandError(error)
        }
    }

    /// Refuses a server that would lose acknowledged jobs, or that takes no changes.
    func check(allowsUnsafe: Bool) throws(CommandError) {
        let health = try with { session throws(StoreError) in try session.health() }
        guard !health.isStandby else {
            throw CommandError(
                .unavailable,
                "the server is a standby and takes no changes",
                hint: "Connect to the primary; with several hosts, add target_session_attrs=read-write."
            )
        }
        guard health.isDurable || allowsUnsafe else {
            throw CommandError(
                .configuration,
                "the server runs with fsync=off, so a crash of its machine would lose acknowledged jobs",
                hint: "Set fsync=on, or accept the loss with \(Option.allowUnsafeServer.flag)."
            )
        }
    }
}

extension CommandContext {
    /// The database of a command that works on it directly.
    func database() throws(CommandError) -> Database { try Database(configuration, as: "tusk-cli") }
}

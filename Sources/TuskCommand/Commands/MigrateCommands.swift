import TuskCore
import TuskStore

/// `tusk migrate`: the schema of the database.
enum MigrateCommands {
    static let all = [
        Command(
            path: ["migrate", "up"],
            summary: "applies the migrations that the database lacks",
            details: "Each migration is one transaction. Any number of processes may do this at once: one works, the"
                + " others wait and then find nothing to do.",
            body: up
        ),
        Command(
            path: ["migrate", "status"],
            summary: "shows which migrations the database has",
            details: "Ends with 0 when the schema is current and with 78 when it is not.",
            body: status
        ),
        Command(
            path: ["migrate", "plan"],
            summary: "shows the SQL of the migrations that the database lacks",
            details: "Changes nothing. Only tusk migrate up also notes down what was applied.",
            body: plan
        ),
    ]

    private static func up(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let applied = try apply(try context.database())
        try context.console.show(
            applied,
            as: "applied",
            object: { object($0, state: "applied") },
            table: { table(applied.map { ($0, "applied") }) },
            empty: "The schema is current, version \(Migration.all.last?.version ?? 0); there was nothing to apply."
        )
        return .success
    }

    /// How often a migration is tried that others are in the way of, and the longest pause between two tries.
    private static let triesMax = 10
    private static let pauseMax = Duration.seconds(1)

    /// Applies what is missing. A migration gives up soon when it has to wait for a lock, so that it does not hold up
    /// everybody behind it; then it is tried again after a pause.
    static func apply(_ database: Database) throws(CommandError) -> [Migration] {
        var attempt = 0
        while true {
            attempt += 1
            do throws(StoreError) {
                return try database.store.withSession { session throws(StoreError) in try session.migrate() }
            } catch {
                guard attempt < triesMax, isInTheWay(error) else { throw CommandError(error) }
                Pause.wait(pauseMax * Double.random(in: 0.2...1))
            }
        }
    }

    /// Whether somebody held a lock or changed the same thing: lock_not_available, deadlock_detected,
    /// serialization_failure.
    private static func isInTheWay(_ error: StoreError) -> Bool {
        guard case .database(let fault) = error else { return false }
        return ["55P03", "40P01", "40001"].contains(fault.sqlState)
    }

    private static func status(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let (state, pending) = try context.database().withAnySchema { session throws(StoreError) in
            (try session.schemaState(), try session.pendingMigrations())
        }
        let missing = Set(pending.map(\.version))
        let rows = Migration.all.map { ($0, missing.contains($0.version) ? "pending" : "applied") }
        try context.console.show(
            rows,
            as: "migrations",
            object: { object($0.0, state: $0.1) },
            table: { table(rows) },
            empty: "This program has no migrations."
        )
        guard case .current = state else { throw CommandError(state) }
        return .success
    }

    private static func plan(_ context: CommandContext) throws(CommandError) -> ExitCode {
        let pending = try context.database().withAnySchema { session throws(StoreError) in
            let state = try session.schemaState()
            switch state {
            case .current, .behind: return try session.pendingMigrations()
            case .ahead, .altered: throw .schema(state)
            }
        }
        switch context.console.format {
        case .table:
            guard !pending.isEmpty else {
                context.console.note("The schema is current; there is nothing to apply.")
                return .success
            }
            for migration in pending {
                try context.console.result("-- Migration \(label(migration))\n\n\(migration.text)")
            }
        case .json, .jsonl, .csv:
            try context.console.show(
                pending,
                as: "migrations",
                object: { object($0, state: "pending", withText: true) },
                table: { table([]) },
                empty: ""
            )
        }
        return .success
    }

    private static func label(_ migration: Migration) -> String { "\(migration.version) \(migration.name)" }

    private static func table(_ rows: [(Migration, String)]) -> Table {
        var table = Table([
            Table.Column(title: "VERSION", alignment: .right), Table.Column(title: "NAME"),
            Table.Column(title: "STATE"),
        ])
        for (migration, state) in rows {
            table.add(
                Table.Cell(String(migration.version)),
                Table.Cell(migration.name),
                Table.Cell(state, state == "pending" ? .busy : .good)
            )
        }
        return table
    }

    private static func object(_ migration: Migration, state: String, withText: Bool = false) -> [UInt8] {
        JSONWriter.object {
            $0.put("version", migration.version)
            $0.put("name", migration.name)
            $0.put("state", state)
            if withText { $0.put("sql", migration.text) }
        }
    }
}

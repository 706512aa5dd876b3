import TuskStore

/// What a failure of the database means for whoever typed the command.
extension CommandError {
    /// The failure in words, with the exit code for its case and what to do.
    init(_ error: StoreError) {
        switch error.uniqueConflict {
        case .held(let message):
            self.init(.conflict, message)
            return
        case .busy(let message):
            self.init(.conflict, message, hint: "Try again.")
            return
        case nil: break
        }
        switch error {
        case .schema(let state): self.init(state)
        case .restored: self.init(.conflict, error.description)
        case .unreadable(let what): self.init(.failure, "the database holds a row that does not fit: \(what)")
        case .database(let fault): self.init(fault)
        }
    }

    /// A schema that is not this program's.
    init(_ state: SchemaState) {
        switch state {
        case .current(let version):
            self.init(.failure, "schema version \(version) is current")
        case .behind(0, _):
            self.init(.configuration, "the database has no schema of Tusk yet", hint: "Run tusk migrate up.")
        case .behind(let version, let missing):
            let count = missing == 1 ? "1 migration" : "\(missing) migrations"
            let message = "the schema of the database, version \(version), lacks \(count)"
            self.init(.configuration, message, hint: "Run tusk migrate up.")
        case .ahead(let version, let known):
            self.init(
                .configuration,
                "the schema of the database, version \(version), is newer than this program, which knows \(known)",
                hint: "Install the newer tusk."
            )
        case .altered(let version, let name):
            self.init(
                .configuration,
                "migration \(version) (\(name)) was applied to the database in another form",
                hint: "Use the tusk that made this database, or another database."
            )
        }
    }

    /// A change of which nobody knows whether it took effect.
    init(unknownOutcomeOf fault: DatabaseFault, hint: String) {
        let message = "no answer came from the database, so it may have taken effect: \(Self.line(fault.message))"
        self.init(.unavailable, message, hint: hint)
    }

    /// libpq breaks its messages into indented lines.
    private static func line(_ message: String) -> String {
        message.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// By the SQLSTATE. Source: PostgreSQL 15 manual, appendix A "PostgreSQL Error Codes".
    private init(_ fault: DatabaseFault) {
        let message = Self.line(fault.message)
        switch fault.sqlState {
        case "28P01", "28000":
            self.init(.denied, "the database refuses this user: \(message)", hint: Self.loginHint)
        case "42501":
            self.init(
                .denied,
                "the database does not allow it: \(message)",
                hint: "Connect as a user with the right to do it."
            )
        case "3D000":
            self.init(.unavailable, "there is no such database: \(message)", hint: "Create it with createdb.")
        case "F0000":
            self.init(.configuration, message)
        case "25006":
            self.init(
                .unavailable,
                "the server takes no changes: \(message)",
                hint: "Connect to the primary; with several hosts, add target_session_attrs=read-write."
            )
        case "53100":
            self.init(.unavailable, "the disk of the database is full: \(message)", hint: "Make room on it.")
        case "57014":
            self.init(
                .unavailable,
                "the database did not answer in time: \(message)",
                hint: "Try again, or allow more time with --timeout."
            )
        case let state where state.hasPrefix("08") || state.hasPrefix("53") || state.hasPrefix("57P"):
            self.init(.unavailable, "the database is out of reach: \(message)", hint: Self.reachHint)
        default:
            self.init(.failure, "the database refused: \(message) (SQLSTATE \(fault.sqlState))")
        }
    }

    private static let loginHint = "Check user and password in TUSK_DATABASE_URL, DATABASE_URL, PG* or ~/.pgpass."
    static let reachHint =
        "Set DATABASE_URL, or start a private server with tusk dev; tusk config show says which database is meant."
}

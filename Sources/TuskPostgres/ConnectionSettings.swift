/// Whether the planner may choose how to join.
package enum PlanPinning: Sendable, Hashable {
    /// No hash joins, merge joins or sequential scans: every step goes by an index, whatever the statistics say. So a
    /// plan can be kept: it is as good for a million rows as for three.
    case pinned
    /// The planner's own choice.
    case free
}

/// Where a session's settings are made.
package enum SettingsScope: Sendable, Hashable {
    /// Once after connecting.
    case session
    /// In each transaction, because a pooler may give the next one another session of the server.
    case transaction
}

/// How to connect and what to set on the session. Defaults suit the hot path.
package struct ConnectionSettings: Sendable {
    /// Where and as whom.
    package var conninfo: ConnectionString
    /// What `pg_stat_activity` shows, unless the connection string or the environment says otherwise. Defaults to
    /// `tusk`.
    package var applicationName: String
    /// The time for connecting, shared by the hosts of the string. Name lookup is the resolver's and has its own limit.
    /// Defaults to 5 seconds.
    package var connectTimeout: Duration = .seconds(5)
    /// The time for a call without a deadline of its own. Defaults to 10 seconds.
    package var callTimeout: Duration = .seconds(10)
    /// Defaults to `.free`.
    package var plan: PlanPinning
    /// Defaults to `.session`.
    package var settingsScope: SettingsScope
    /// The server gives up a statement after this long; zero means only the call's own deadline counts. Defaults to
    /// zero.
    package var statementTimeout: Duration = .zero
    /// The server gives up waiting for a lock after this long; zero means never. Defaults to zero.
    package var lockTimeout: Duration = .zero
    /// The server ends a session that does nothing inside a transaction for this long. Defaults to 60 seconds.
    package var idleInTransactionTimeout: Duration = .seconds(60)
    /// Where names without a schema are looked up. Defaults to the system's own schema, then the session's temporary
    /// one.
    package var searchPath: String = "pg_catalog, pg_temp"
    /// Further settings by name, in this order, after all others.
    package var extraSettings: [Setting] = []
    /// Refuses a database whose encoding is not UTF8, where text would not be checked. Defaults to true.
    package var needsUTF8: Bool = true

    /// A setting of the server.
    package struct Setting: Sendable, Hashable {
        /// As in `pg_settings`.
        package var name: String
        /// As in `set`, without quotes.
        package var value: String

        /// A setting with a value.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Whether statements that ask for it are prepared and planned once for the session.
    var keepsPlans: Bool { plan == .pinned && settingsScope == .session }

    /// Settings with defaults for everything not named.
    package init(
        conninfo: ConnectionString,
        applicationName: String = "tusk",
        plan: PlanPinning = .free,
        settingsScope: SettingsScope = .session
    ) {
        self.conninfo = conninfo
        self.applicationName = applicationName
        self.plan = plan
        self.settingsScope = settingsScope
    }
}

/// What a role or a database may have set and a session needs otherwise. Pure: makes the statements, checks the
/// answers.
///
/// Everything is set by one `select` of `set_config` calls, which answers with what is in force afterwards.
struct SessionSettings {
    typealias Setting = ConnectionSettings.Setting

    /// The settings in the order in which they are made; the last are the caller's own.
    let list: [Setting]
    /// How many of them are compared with the server's answer: a caller may write `65536` for what is shown as `64MB`.
    private let comparedCount: Int

    /// The settings for a server of this version (150004 is 15.4).
    init(_ settings: ConnectionSettings, serverVersion: Int) {
        var list = Self.meaning + Self.planning
        list.append(Setting("search_path", settings.searchPath))
        list.append(Setting("statement_timeout", Self.milliseconds(settings.statementTimeout)))
        list.append(Setting("lock_timeout", Self.milliseconds(settings.lockTimeout)))
        let idle = Self.milliseconds(settings.idleInTransactionTimeout)
        list.append(Setting("idle_in_transaction_session_timeout", idle))
        if serverVersion >= 140_000 { list += Self.since14 }
        if serverVersion >= 170_000 { list.append(Setting("transaction_timeout", "0")) }
        if settings.plan == .pinned { list += Self.pinning }
        if settings.keepsPlans { list.append(Setting("plan_cache_mode", "force_generic_plan")) }
        comparedCount = list.count
        self.list = list + settings.extraSettings
    }

    /// What statements mean and how durable they are.
    private static let meaning = [
        Setting("default_transaction_isolation", "read committed"),
        Setting("default_transaction_read_only", "off"),
        Setting("default_transaction_deferrable", "off"),
        Setting("synchronous_commit", "on"),
        Setting("row_security", "on"),
        Setting("client_encoding", "UTF8"),
        Setting("standard_conforming_strings", "on"),
        Setting("transform_null_equals", "off"),
        Setting("array_nulls", "on"),
        Setting("TimeZone", "UTC"),
        Setting("DateStyle", "ISO, MDY"),
        Setting("IntervalStyle", "postgres"),
        Setting("bytea_output", "hex"),
        Setting("xmloption", "content"),
        Setting("extra_float_digits", "1"),
        Setting("client_min_messages", "notice"),
        Setting("check_function_bodies", "on"),
        Setting("default_tablespace", ""),
        Setting("default_table_access_method", "heap"),
    ]

    /// What the planner may use. Statements are planned each time, for the values they come with.
    private static let planning = [
        Setting("plan_cache_mode", "force_custom_plan"),
        Setting("jit", "off"),
        Setting("enable_indexscan", "on"),
        Setting("enable_indexonlyscan", "on"),
        Setting("enable_bitmapscan", "on"),
        Setting("enable_nestloop", "on"),
        Setting("enable_sort", "on"),
        Setting("enable_hashagg", "on"),
        Setting("enable_material", "on"),
        Setting("enable_tidscan", "on"),
        Setting("enable_seqscan", "on"),
        Setting("enable_hashjoin", "on"),
        Setting("enable_mergejoin", "on"),
        Setting("enable_partition_pruning", "on"),
        Setting("constraint_exclusion", "partition"),
    ]

    /// Keeps claims and settlements on primary keys.
    private static let pinning = [
        Setting("enable_seqscan", "off"),
        Setting("enable_bitmapscan", "off"),
        Setting("enable_hashjoin", "off"),
        Setting("enable_mergejoin", "off"),
    ]

    /// A client that closed its socket is noticed within 2 seconds, so an abandoned statement does not run on.
    private static let since14 = [
        Setting("idle_session_timeout", "0"),
        Setting("client_connection_check_interval", "2s"),
    ]

    /// Makes all settings, for the session or for the open transaction only, and answers with what is in force.
    func statement(local: Bool) -> Statement {
        let calls = list.map { setting in
            "pg_catalog.set_config(\(Self.literal(setting.name)), \(Self.literal(setting.value)), \(local))"
        }
        return Statement(name: "set_config", text: "select " + calls.joined(separator: ", "), isReadOnly: true)
    }

    /// Throws when the answer to `statement` shows another value than was set.
    func check(_ answer: ResultSet) throws(PostgresError) {
        guard answer.rowCount == 1, answer.columnCount == list.count else {
            throw .protocolViolation("set_config answered with \(answer.rowCount) rows")
        }
        for (column, setting) in list.prefix(comparedCount).enumerated() {
            let found = answer.text(0, column)
            guard Self.isSame(found, setting.value) else {
                throw .configuration("setting \(setting.name) stays \"\(found)\", needed is \"\(setting.value)\"")
            }
        }
    }

    /// Too short to be hit by the `statement_timeout` of a role, which would hit the long statement that overrides it.
    static let withoutTimeout = Statement(name: "set_timeout", text: "set statement_timeout = 0", isReadOnly: true)

    /// Settings that only a superuser can change, and what they must be.
    static let fixed = [Setting("session_replication_role", "origin")]

    /// Reads `fixed`.
    static let inspection = Statement(
        name: "inspect_server",
        text: "select " + fixed.map { "pg_catalog.current_setting(\(literal($0.name)))" }.joined(separator: ", "),
        isReadOnly: true
    )

    /// Throws when the answer to `inspection` shows a setting with which jobs would not be safe.
    static func checkInspection(_ answer: ResultSet) throws(PostgresError) {
        guard answer.rowCount == 1, answer.columnCount == fixed.count else {
            throw .protocolViolation("current_setting answered with \(answer.rowCount) rows")
        }
        for (column, setting) in fixed.enumerated() where answer.text(0, column) != setting.value {
            throw .configuration(
                "setting \(setting.name) is \"\(answer.text(0, column))\" and cannot be overridden,"
                    + " needed is \"\(setting.value)\""
            )
        }
    }

    /// Whole milliseconds in the unit in which the server shows them, so that its answer can be compared.
    private static func milliseconds(_ duration: Duration) -> String {
        let count = max(0, duration.milliseconds(.up))
        guard count > 0 else { return "0" }
        let units: KeyValuePairs<String, Int64> = ["d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1000]
        for (name, milliseconds) in units where count % milliseconds == 0 {
            return "\(count / milliseconds)\(name)"
        }
        return "\(count)ms"
    }

    /// The server may answer with a value in other letters (`utc`, `Off`); numbers and units are compared as they are.
    private static func isSame(_ found: String, _ wanted: String) -> Bool {
        found.lowercased() == wanted.lowercased()
    }

    /// A string constant that means the same with and without `standard_conforming_strings`.
    private static func literal(_ text: String) -> String {
        precondition(!text.contains("\\") && !text.utf8.contains(0), "a setting with a backslash or NUL")
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}

import TestSupport
import Testing
import TuskPostgres

/// Sessions behave the same whatever an operator has set for their role or database.
@Suite struct SettingsTests {
    /// One for each way in which a role or database can be hostile.
    static let hostile = [
        "default_transaction_isolation = 'serializable'", "default_transaction_read_only = on",
        "default_transaction_deferrable = on", "statement_timeout = '50ms'", "lock_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '100ms'", "idle_session_timeout = '300ms'",
        "search_path = evil, pg_catalog", "\"TimeZone\" = 'Asia/Kathmandu'", "\"DateStyle\" = 'SQL, DMY'",
        "\"IntervalStyle\" = 'sql_standard'", "bytea_output = 'escape'", "standard_conforming_strings = off",
        "client_encoding = 'SQL_ASCII'", "enable_indexscan = off", "synchronous_commit = off",
        "plan_cache_mode = 'force_generic_plan'", "jit = on", "row_security = off",
        "transform_null_equals = on", "client_min_messages = 'debug5'", "enable_nestloop = off",
    ]

    /// What a session must have whoever opened it, as the server shows it.
    static let expected = [
        "transaction_isolation": "read committed", "transaction_read_only": "off", "statement_timeout": "0",
        "lock_timeout": "0", "idle_in_transaction_session_timeout": "1min", "idle_session_timeout": "0",
        "search_path": "pg_catalog, pg_temp", "TimeZone": "UTC", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres",
        "bytea_output": "hex", "standard_conforming_strings": "on", "client_encoding": "UTF8",
        "enable_indexscan": "on", "synchronous_commit": "on", "plan_cache_mode": "force_custom_plan", "jit": "off",
        "row_security": "on", "transform_null_equals": "off", "client_min_messages": "notice", "enable_nestloop": "on",
    ]

    /// Sets everything hostile on the database, and a schema whose functions hide the system's.
    private func poison(_ database: TestDatabase) throws {
        let session = try database.session()
        try session.script(
            """
            create schema evil;
            create function evil.set_config(text, text, boolean) returns text language sql as 'select ''evil''::text';
            create function evil.current_setting(text) returns text language sql as 'select ''evil''::text';
            create function evil.now() returns timestamptz language sql as 'select ''epoch''::timestamptz';
            """
        )
        for setting in Self.hostile {
            try session.script("alter database \(database.name) set \(setting)")
        }
    }

    private func settings(_ database: TestDatabase, _ scope: SettingsScope) -> ConnectionSettings {
        var settings = database.settings
        settings.settingsScope = scope
        return settings
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `no setting of the database reaches a statement`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            try poison(database)
            let session = try Session(settings(database, scope))
            for (name, value) in Self.expected {
                #expect(try session.serverSetting(name) == value, "\(name)")
            }
            try session.transaction { session throws(PostgresError) in
                for (name, value) in Self.expected {
                    #expect(try session.serverSetting(name) == value, "\(name) in a transaction")
                }
            }
            let answer = try session.pipeline([
                (Statement(name: "sleep", text: "select pg_sleep(0.2)"), Parameters()),
                (Statement(name: "now", text: "select now() > '2020-01-01 00:00'"), Parameters()),
                (Statement(name: "create", text: "create table public.t (n int)"), Parameters()),
                (Statement(name: "backslash", text: #"select length('\')"#), Parameters()),
            ])
            #expect(answer[1].bool(0, 0))
            #expect(answer[3].int4(0, 0) == 1)
        }
    }

    @Test func `a session is not ended for doing nothing`() async throws {
        try await withDatabase { database in
            try poison(database)
            let (idle, other) = (try database.session(), try database.session())
            // Longer than the idle_session_timeout of the database.
            _ = try other.run(Statement(name: "sleep", text: "select pg_sleep(0.6)"))
            #expect(try idle.number("select 1::int8") == 1)
        }
    }

    @Test func `isolation is what the transaction asks for`() async throws {
        try await withDatabase { database in
            try poison(database)
            let session = try database.session()
            let isolation = Statement(
                name: "isolation",
                text: "select current_setting('transaction_isolation'), current_setting('transaction_read_only')"
            )
            let plain = try session.transaction { session throws(PostgresError) in try session.run(isolation) }
            #expect(plain.text(0, 0) == "read committed")
            #expect(plain.text(0, 1) == "off")
            let strict = try session.transaction(readOnly: true) { session throws(PostgresError) in
                try session.run(isolation)
            }
            #expect(strict.text(0, 0) == "read committed")
            #expect(strict.text(0, 1) == "on")
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `a pinned plan joins by index whatever the table's size`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            var settings = settings(database, scope)
            settings.plan = .pinned
            let session = try Session(settings)
            #expect(try session.serverSetting("enable_hashjoin") == "off")
            #expect(try session.serverSetting("enable_mergejoin") == "off")
            #expect(try session.serverSetting("enable_seqscan") == "off")
        }
    }

    @Test func `limits and settings of the caller's own are made too`() async throws {
        try await withDatabase { database in
            var settings = database.settings
            settings.statementTimeout = .milliseconds(1500)
            settings.lockTimeout = .seconds(2)
            settings.idleInTransactionTimeout = .seconds(7200)
            settings.searchPath = "public"
            settings.extraSettings = [.init("work_mem", "65536")]
            let session = try Session(settings)
            #expect(try session.serverSetting("statement_timeout") == "1500ms")
            #expect(try session.serverSetting("lock_timeout") == "2s")
            #expect(try session.serverSetting("idle_in_transaction_session_timeout") == "2h")
            #expect(try session.serverSetting("search_path") == "public")
            #expect(try session.serverSetting("work_mem") == "64MB")
            let sleep = Statement(name: "sleep", text: "select pg_sleep(9)")
            let error = #expect(throws: PostgresError.self) { try session.run(sleep) }
            #expect(error?.sqlState == "57014")
            #expect(error?.isTransient == true)
            #expect(session.isUsable)
        }
    }

    @Test(arguments: [SettingsScope.session, .transaction])
    func `what cannot be overridden is refused by name`(scope: SettingsScope) async throws {
        try await withDatabase { database in
            let owner = try database.session()
            let role = "\(database.name)_plain"
            try owner.script(
                "create role \(role) login password 'plain'; "
                    + "alter role \(role) set session_replication_role = 'replica'"
            )
            var plain = settings(database, scope)
            plain.conninfo = database.connectionString.with("user", role).with("password", "plain")
            let error = #expect(throws: PostgresError.self) { _ = try Session(plain) }
            try owner.script("drop role \(role)")
            guard case .configuration(let message) = try #require(error) else { throw try #require(error) }
            #expect(message.contains("session_replication_role"))
            #expect(error?.isTransient == false)
        }
    }

    @Test func `a database that does not check its text is refused`() async throws {
        try await withDatabase { database in
            let owner = try database.session()
            let ascii = "\(database.name)_ascii"
            let create = "create database \(ascii) template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'"
            _ = try owner.run(Statement(name: "create", text: create))
            var settings = database.settings
            settings.conninfo = database.connectionString.with(database: ascii)
            let error = #expect(throws: PostgresError.self) { _ = try Session(settings) }
            settings.needsUTF8 = false
            #expect(try Session(settings).isUsable)
            _ = try owner.run(Statement(name: "drop", text: "drop database \(ascii) with (force)"))
            #expect(error?.message.contains("SQL_ASCII") == true)
        }
    }
}

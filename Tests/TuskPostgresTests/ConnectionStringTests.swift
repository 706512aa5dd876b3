import TestSupport
import Testing
import TuskPostgres

@Suite struct ConnectionStringTests {
    static let password = "s3cr'et\\ \"word%"

    @Test(arguments: [
        "postgresql://tusk:s3cr'et%5C%20%22word%25@db.example:6543/jobs?sslmode=require",
        #"host=db.example port=6543 user=tusk dbname=jobs sslmode=require password='s3cr\'et\\ "word%'"#,
    ])
    func `both forms are read`(text: String) throws {
        let string = try ConnectionString(text)
        #expect(string["host"] == "db.example")
        #expect(string["port"] == "6543")
        #expect(string["user"] == "tusk")
        #expect(string["dbname"] == "jobs")
        #expect(string["sslmode"] == "require")
        #expect(string["password"] == nil)
        #expect(string.textWithPassword.contains(#"password='s3cr\'et\\ "word%'"#))
    }

    @Test func `the text with the password says the same`() throws {
        let string = try ConnectionString("postgresql://tusk:s3cr'et%5C%20%22word%25@h1:1,h2:2/jobs?options=-c%20a%3Db")
        #expect(try ConnectionString(string.textWithPassword) == string)
    }

    @Test func `no description shows the password`() throws {
        let string = try ConnectionString("postgresql://tusk:hunter2@db.example/jobs?sslpassword=hunter3")
        let settings = ConnectionSettings(conninfo: string)
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(string)", string.debugDescription, "\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("hunter"))
            #expect(text.contains("db.example"))
        }
    }

    @Test(arguments: [
        "postgresql://tusk:hunter2@db.example:port:9/jobs?x",
        "postgresql://tusk:hunter2@db.example/jobs?nonsense=hunter2",
        "postgresql://tusk:hunter2%zz@db.example/jobs",
        "host=db.example password=x hunter2",
        "host=db.example password='hunter2",
        "host=db.example hunter2=1",
        "host=db.example\0password=hunter2",
    ])
    func `a mistake is told without the password`(text: String) throws {
        let error = #expect(throws: PostgresError.self) { _ = try ConnectionString(text) }
        guard case .configuration(let message) = try #require(error) else { throw try #require(error) }
        #expect(!message.contains("hunter2"))
        #expect(error?.isTransient == false)
    }

    @Test func `a refused connection is told without the password and with the SQLSTATE`() async throws {
        try await withDatabase { database in
            var settings = database.settings
            settings.conninfo = database.connectionString.with("user", "nobody_hunter2").with("password", "hunter2")
            let error = #expect(throws: PostgresError.self) { _ = try Session(settings) }
            #expect(["28000", "28P01"].contains(error?.sqlState))
            #expect(error?.message.contains("hunter2") == false)
            #expect(error?.message.contains("nobody_********") == true)
            settings.conninfo = database.connectionString.with(database: "no_such_database")
            let missing = #expect(throws: PostgresError.self) { _ = try Session(settings) }
            #expect(missing?.sqlState == "3D000")
            #expect(missing?.isTransient == false)
        }
    }

    @Test func `the application's name is set unless the text has one`() async throws {
        try await withDatabase { database in
            var settings = database.settings
            settings.applicationName = "tusk-worker/claim"
            let named = try Session(settings)
            #expect(try named.serverSetting("application_name") == "tusk-worker/claim")
            settings.conninfo = database.connectionString.with("application_name", "mine")
            let own = try Session(settings)
            #expect(try own.serverSetting("application_name") == "mine")
        }
    }
}

/// Several hosts in one connection string.
@Suite struct HostTests {
    /// The database's address behind one that fails in some way.
    private func settings(_ database: TestDatabase, behind port: Int) throws -> ConnectionSettings {
        let host = try #require(database.connectionString["host"])
        let realPort = try #require(database.connectionString["port"])
        var settings = database.settings
        settings.conninfo = database.connectionString
            .with("host", "127.0.0.1,\(host)")
            .with("port", "\(port),\(realPort)")
        settings.connectTimeout = .seconds(2)
        return settings
    }

    @Test func `a host that refuses is passed over`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            proxy.mode = .cut
            #expect(try Session(settings(database, behind: proxy.port)).isUsable)
        }
    }

    @Test func `a host that accepts and says nothing takes only its share of the time`() async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            proxy.mode = .blackhole
            let start = ContinuousClock.now
            #expect(try Session(settings(database, behind: proxy.port)).isUsable)
            #expect(start.duration(to: .now) < .seconds(2))
        }
    }

    @Test func `of several hosts the primary is wanted, also when its roles are read-only by default`() async throws {
        try await withDatabase { database in
            let session = try database.session()
            try session.script("alter database \(database.name) set default_transaction_read_only = on")
            let proxy = try FaultProxy(to: database.connectionString)
            #expect(try Session(settings(database, behind: proxy.port)).isUsable)
        }
    }

    @Test(arguments: [("standby", false), ("prefer-standby", true), ("any", true), ("read-write", true)])
    func `another role of the server can be asked for`(role: String, isFound: Bool) async throws {
        try await withDatabase { database in
            let proxy = try FaultProxy(to: database.connectionString)
            var settings = try settings(database, behind: proxy.port)
            settings.conninfo = settings.conninfo.with("target_session_attrs", role)
            do throws(PostgresError) {
                #expect(try Session(settings).isUsable == isFound)
            } catch {
                #expect(!isFound, "\(error)")
                #expect(error.isTransient)
            }
        }
    }

    @Test func `when all hosts fail the error tells of each`() async throws {
        try await withDatabase { database in
            let first = try FaultProxy(to: database.connectionString)
            let second = try FaultProxy(to: database.connectionString)
            first.mode = .cut
            second.mode = .cut
            var settings = database.settings
            settings.conninfo = database.connectionString
                .with("host", "127.0.0.1,127.0.0.1")
                .with("port", "\(first.port),\(second.port)")
            let error = #expect(throws: PostgresError.self) { _ = try Session(settings) }
            #expect(error?.message.contains("\(first.port)") == true)
            #expect(error?.message.contains("\(second.port)") == true)
        }
    }
}

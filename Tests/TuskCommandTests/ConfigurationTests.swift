import Foundation
import Testing
import TuskPostgres

@testable import TuskCommand

/// Which value of a setting holds.
struct ConfigurationTests {
    private let used: [Option] = [
        .databaseURL, .listen, .queues, .importRoot, .noAuth, .concurrency, .output, .otlpEndpoint, .otlpHeaders,
        .serviceName,
    ]

    private func make(
        flags: [String: [String]] = [:],
        _ environment: [String: String] = [:],
        file: String? = nil,
        development: String? = nil
    ) throws -> Configuration {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/tusk.toml"
            if let file { try Data(file.utf8).write(to: URL(filePath: path)) }
            if let development { try Data(development.utf8).write(to: URL(filePath: "\(directory)/database")) }
            var all = environment
            all["TUSK_DIRECTORY"] = directory
            var sources = Configuration.Sources(flags: flags, environment: all)
            sources.usualFiles = [path]
            return try Configuration(used, sources)
        }
    }

    private func refusal(_ environment: [String: String] = [:], file: String? = nil) -> CommandError? {
        do {
            _ = try make(environment, file: file)
            return nil
        } catch {
            return error as? CommandError
        }
    }

    @Test func `neither a call nor connecting takes longer than a role allows`() throws {
        let configuration = try Configuration([.databaseURL, .timeout, .behindPooler], Configuration.Sources())
        let usual = try Database.settings(configuration, as: "test")
        #expect(usual.callTimeout == .seconds(10) && usual.connectTimeout == .seconds(5))
        let short = try Database.settings(configuration, as: "test", callTimeoutMax: .seconds(2))
        #expect(short.callTimeout == .seconds(2) && short.connectTimeout == .seconds(2))
    }

    @Test func `a flag wins over the environment, that over the file, and that over the default`() throws {
        let file = "[api]\nlisten = '127.0.0.1:3'"
        let variables = ["TUSK_LISTEN": "127.0.0.1:2"]
        let flags = ["listen": ["127.0.0.1:1"]]
        #expect(try make(flags: flags, variables, file: file).text(.listen) == "127.0.0.1:1")
        #expect(try make(variables, file: file).text(.listen) == "127.0.0.1:2")
        #expect(try make(file: file).text(.listen) == "127.0.0.1:3")
        #expect(try make().text(.listen) == "127.0.0.1:8080")
    }

    @Test func `variables that all programs with traces know come after Tusk's own, and before the file`() throws {
        let file = "[tracing]\nendpoint = 'http://c:4318'\nservice_name = 'filed'"
        let standard = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://b:4318", "OTEL_SERVICE_NAME": "shop"]
        let own = standard.merging(["TUSK_OTLP_ENDPOINT": "http://a:4318"]) { $1 }
        let configuration = try make(own, file: file)
        #expect(configuration.text(.otlpEndpoint) == "http://a:4318" && configuration.text(.serviceName) == "shop")
        #expect(configuration.entry(.serviceName)?.origin == .environment("OTEL_SERVICE_NAME"))
        #expect(try make(standard, file: file).text(.otlpEndpoint) == "http://b:4318")
        #expect(try make(file: file).text(.otlpEndpoint) == "http://c:4318")
        #expect(try make().text(.otlpEndpoint) == nil && make().text(.serviceName) == "tusk")
    }

    @Test(arguments: [
        (["TUSK_DATABASE_URL": "host=a", "DATABASE_URL": "host=b", "PGHOST": "c"], "host=a", "TUSK_DATABASE_URL"),
        (["DATABASE_URL": "host=b", "PGHOST": "c"], "host=b", "DATABASE_URL"),
        (["PGHOST": "c", "PGUSER": "d"], "", "PGHOST, PGUSER"),
        (["PGPASSWORD": "x", "PGPORT": ""], "host=file", "tusk.toml:1"),
        (["TUSK_DATABASE_URL": "", "DATABASE_URL": ""], "host=file", "tusk.toml:1"),
    ])
    func `the database is looked for in its order`(variables: [String: String], url: String, origin: String) throws {
        let entry = try make(variables, file: "database.url = 'host=file'", development: "host=dev\n").entry(
            .databaseURL
        )
        #expect(entry?.value == .text(url))
        #expect(entry?.origin.description.hasSuffix(origin) == true, "\(String(describing: entry))")
    }

    @Test func `a private server of this directory is used when nobody names a database`() throws {
        let configuration = try make(development: "host=dev dbname=tusk\n")
        #expect(configuration.text(.databaseURL) == "host=dev dbname=tusk")
        #expect(!configuration.namesDatabase)
        #expect(try make(["PGHOST": "x"]).namesDatabase)
        #expect(try !make(["PGUSER": "x", "PGPORT": "5433"]).namesDatabase)
        #expect(try make().text(.databaseURL) == nil)
    }

    @Test func `the file that is in force is shown as the one that holds`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/tusk.toml"
            try Data("output.color = 'never'".utf8).write(to: URL(filePath: path))
            let found = try Configuration([.configFile], .init(usualFiles: [path]))
            #expect(found.entry(.configFile) == Configuration.Entry(value: .text(path), origin: .fallback))
            let named = try Configuration([.configFile], .init(flags: ["config": [path]]))
            #expect(named.entry(.configFile)?.origin == .flag("--config"))
            #expect(try Configuration([.configFile], .init(usualFiles: [])).entry(.configFile) == nil)
        }
    }

    @Test func `a secret may be in a file that a variable names`() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/secret"
            try Data("postgresql://u:p@h/d\nsecond line\n".utf8).write(to: URL(filePath: path))
            let configuration = try make(["TUSK_DATABASE_URL_FILE": path, "DATABASE_URL": "host=other"])
            #expect(configuration.text(.databaseURL) == "postgresql://u:p@h/d")
            #expect(configuration.entry(.databaseURL)?.origin == .environment("TUSK_DATABASE_URL_FILE"))
            #expect(refusal(["TUSK_DATABASE_URL_FILE": path, "TUSK_DATABASE_URL": "x"])?.code == .configuration)
            try Data().write(to: URL(filePath: path))
            #expect(refusal(["TUSK_DATABASE_URL_FILE": path])?.code == .configuration)
        }
        #expect(refusal(["TUSK_DATABASE_URL_FILE": "/nonexistent"])?.message.contains("does not exist") == true)
    }

    @Test func `lists have a form for each place`() throws {
        #expect(try make(["TUSK_QUEUES": "a,b", "TUSK_IMPORT_ROOT": "/x:/y"]).list(.importRoot) == ["/x", "/y"])
        let file = "[worker]\nqueues = ['a', 'b']\nimport_roots = ['/x']\nconcurrency = 3"
        let configuration = try make(file: file)
        #expect(configuration.list(.queues) == ["a", "b"])
        #expect(configuration.integer(.concurrency) == 3)
    }

    @Test(
        arguments: [
            (["TUSK_CONCURRENCY": "0"], nil, "TUSK_CONCURRENCY must be a whole number from 1 to 200, not \"0\""),
            ([:], "worker.concurrency = 1000", ":1: worker.concurrency must be a whole number from 1 to 200"),
            ([:], "\n[worker]\nconcurrency = '5'", ":3: worker.concurrency must be a whole number, without quotes"),
            ([:], "api.no_auth = 'true'", ":1: api.no_auth must be true or false, without quotes"),
            ([:], "api.listen = 8080", ":1: api.listen must be a string in quotes"),
            ([:], "api.lisen = ''", ":1: api.lisen is no setting"), ([:], "config = 'x'", ":1: config is no setting"),
            ([:], "[api\n", ":1: a section needs a closing ]"),
        ] as [([String: String], String?, String)]
    )
    func `a wrong value names its place and ends with 78`(
        variables: [String: String],
        file: String?,
        message: String
    ) throws {
        let error = try #require(refusal(variables, file: file))
        #expect(error.code == .configuration)
        #expect(error.message.hasSuffix(message), "\(error.message)")
    }

    @Test func `a wrong secret is not repeated`() throws {
        let error = try #require(refusal(["TUSK_DATABASE_URL_FILE": "/dev/null"]))
        #expect(error.message.contains("/dev/null"))
        do {
            _ = try make(flags: ["database-url": [""]])
            Issue.record("taken")
        } catch let error as CommandError {
            #expect(error.code == .usage)
        }
    }

    @Test func `files that are none are refused without waiting`() throws {
        try withTemporaryDirectory { directory in
            let large = "\(directory)/large"
            try Data(count: SmallFile.bytesMax + 1).write(to: URL(filePath: large))
            let pipe = "\(directory)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [directory, large, pipe, "/dev/zero", "\(directory)/missing"] {
                let sources = Configuration.Sources(flags: ["config": [path]])
                #expect(throws: CommandError.self, "\(path)") { try Configuration(used, sources) }
            }
        }
    }

    @Test(arguments: ["database.url = 'postgresql://u:hunter2@h/d'", "tracing.headers = 'api-key=hunter2'"])
    func `a password in a file for everybody is warned of`(line: String) throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/tusk.toml"
            try Data(line.utf8).write(to: URL(filePath: path))
            for (mode, count) in [(0o644, 1), (0o600, 0)] as [(mode_t, Int)] {
                chmod(path, mode)
                let configuration = try Configuration(used, .init(flags: ["config": [path]]))
                #expect(configuration.warnings.count == count)
                #expect(configuration.warnings.allSatisfy { !$0.contains("hunter2") })
            }
        }
    }

    @Test(arguments: [
        "postgresql://u:hunter2@h/d", "postgresql://h/d?user=u&password=hunter2", "host=h password=hunter2",
        "host=h password='hunter2 x' sslpassword=hunter2", "postgresql://u:hunter2@h/d?wrong=hunter2",
        "password=hunter2 'x",
    ])
    func `no password is ever shown`(connection: String) {
        #expect(Redaction.hasSecret(connection))
        #expect(!Redaction.masked(connection).contains("hunter2"))
        #expect(Redaction.masked(connection).hasSuffix(Redaction.mask))
    }

    @Test func `a connection without a password is shown`() {
        #expect(!Redaction.hasSecret("postgresql://u@h/d"))
        #expect(Redaction.masked("postgresql://u@h/d") == "dbname='d' host='h' user='u'")
    }

    @Test func `variables that nothing reads are named`() {
        let stray = ConfigCommands.strayVariables([
            "TUSK_LISTNE": "x", "TUSK_TEST_DATABASE_URL": "x", "TUSK_LISTEN": "x", "TUSK_DATABASE_URL_FILE": "x",
            "PATH": "x",
        ])
        #expect(stray == ["TUSK_LISTNE is no setting; did you mean TUSK_LISTEN?"])
    }
}

/// Runs `body` with a directory of its own, removed at the end.
func withTemporaryDirectory<Answer>(_ body: (String) throws -> Answer) throws -> Answer {
    let directory = FileManager.default.temporaryDirectory.appending(path: "tusk-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { Files.remove(directory.path) }
    return try body(directory.path)
}

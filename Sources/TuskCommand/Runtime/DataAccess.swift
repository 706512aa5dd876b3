import Glibc
import TuskTasks

/// What the configuration lets the data tasks of a worker touch.
enum DataAccess {
    /// The most queries in a directory.
    private static let queriesMax = 1000
    /// The largest file of certificates: 1 MiB; those the system trusts take less than a quarter.
    private static let certificateBytesMax = 1 << 20

    /// Reads it. `environment` may hold secrets that the configuration names; `importRoots` and `tables` count when the
    /// configuration has none.
    static func read(
        _ configuration: Configuration,
        _ environment: [String: String],
        importRoots: [String] = [],
        tables: [String] = []
    ) throws(CommandError) -> BuiltInTasks.Configuration {
        var data = BuiltInTasks.Configuration(settings: try Database.settings(configuration, as: "tusk-task"))
        let given = configuration.list(.importRoot)
        data.tables = try self.tables(configuration, or: tables)
        guard given.isEmpty || !data.tables.isEmpty else {
            throw CommandError(
                .configuration,
                "--import-root is given, and no table that data.import may fill",
                hint: "Name them with --tables, such as --tables 'public.*'."
            )
        }
        data.importRoots = (given.isEmpty ? importRoots : given).map(Files.absolute)
        data.outputRoots = configuration.list(.outputRoot).map(Files.absolute)
        if let directory = configuration.text(.queryDirectory) { data.queries = try queries(in: directory) }
        data.functions = try functions(configuration)
        data.allowsRequests = configuration.flag(.allowRequests)
        data.networks = try networks(configuration)
        data.trusted = try trusted(configuration)
        data.signingKey = try signingKey(configuration)
        data.commands = configuration.file?.commands ?? []
        data.webhooks = try webhooks(configuration, environment)
        return data
    }

    /// The webhooks with their secrets.
    static func webhooks(
        _ configuration: Configuration,
        _ environment: [String: String]
    ) throws(CommandError) -> [WebhookSpec] {
        var specs: [WebhookSpec] = []
        for webhook in configuration.file?.webhooks ?? [] { specs.append(try webhook.spec(environment)) }
        return specs
    }

    private static func tables(_ configuration: Configuration, or usual: [String]) throws(CommandError) -> AllowedTables
    {
        let given = configuration.list(.tables)
        do throws(AllowedTables.Unreadable) {
            return try AllowedTables(given.isEmpty ? usual : given)
        } catch {
            throw CommandError(
                .configuration,
                "--tables must be like schema.name or schema.*, not \"\(Printable.line(error.text).prefix(60))\"",
                hint: "Tables of the server and of Tusk itself are never allowed."
            )
        }
    }

    private static func functions(_ configuration: Configuration) throws(CommandError) -> [String] {
        let names = configuration.list(.functions)
        for name in names where !SQLCall.isFunction(name) {
            throw CommandError(
                .configuration,
                "--functions must be like schema.name, not \"\(Printable.line(name).prefix(60))\"",
                hint: "Functions of the server and of Tusk itself are never allowed."
            )
        }
        return names
    }

    private static func networks(_ configuration: Configuration) throws(CommandError) -> [Network] {
        let texts = configuration.list(.allowNetworks)
        guard let wrong = texts.first(where: { Network($0) == nil }) else { return texts.compactMap { Network($0) } }
        throw CommandError(
            .configuration,
            "--allow-networks must be like 10.1.2.0/24 or fd00::/8, not \"\(Printable.line(wrong).prefix(60))\""
        )
    }

    private static func trusted(_ configuration: Configuration) throws(CommandError) -> TrustedAuthorities? {
        guard let path = configuration.text(.authorities) else { return nil }
        let fault = { (words: String) in
            CommandError(.configuration, "--ca-file names \(Printable.line(path)), which \(words)")
        }
        let given: [UInt8]
        do throws(SmallFile.Failure) {
            given = try SmallFile.read(path, bytesMax: certificateBytesMax).bytes
        } catch {
            throw fault(error.words)
        }
        let system = try systemCertificates()
        do throws(TrustedAuthorities.Fault) {
            return try TrustedAuthorities(given, system: system)
        } catch {
            throw fault(error.words)
        }
    }

    /// Those that libcurl would look at by itself; none where it has no such file.
    private static func systemCertificates() throws(CommandError) -> [UInt8] {
        guard let path = TrustedAuthorities.systemFile else { return [] }
        do throws(SmallFile.Failure) {
            return try SmallFile.read(path, bytesMax: certificateBytesMax).bytes
        } catch .missing {
            return []
        } catch {
            throw CommandError(.configuration, "the file with what the system trusts, \(path), \(error.words)")
        }
    }

    private static func signingKey(_ configuration: Configuration) throws(CommandError) -> WebhookKey? {
        guard let text = configuration.text(.signingKey) else { return nil }
        guard let key = WebhookKey(text) else {
            throw CommandError(.configuration, "--signing-key must be whsec_ and 24 to 64 bytes in base64")
        }
        return key
    }

    /// The queries of the files `NAME.sql`, by name.
    private static func queries(in directory: String) throws(CommandError) -> [String: NamedQuery] {
        var queries: [String: NamedQuery] = [:]
        for name in try Files.names(in: directory) where name.hasSuffix(".sql") {
            let path = "\(directory)/\(name)"
            guard queries.count < queriesMax else {
                throw CommandError(.configuration, "\(directory) has more than \(queriesMax) queries")
            }
            queries[String(name.dropLast(".sql".count))] = try query(at: path)
        }
        guard !queries.isEmpty else { throw CommandError(.configuration, "\(directory) has no file NAME.sql") }
        return queries
    }

    private static func query(at path: String) throws(CommandError) -> NamedQuery {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes = try SmallFile.read(path).bytes
        } catch {
            throw CommandError(.configuration, "\(path) \(error.words)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.configuration, "\(path) is not valid UTF-8")
        }
        do throws(NamedQuery.Fault) {
            return try NamedQuery(text)
        } catch {
            throw CommandError(.configuration, "\(path) \(error.words)")
        }
    }
}

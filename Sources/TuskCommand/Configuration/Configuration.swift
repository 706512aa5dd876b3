/// The settings as they hold for this call, each with where its value comes from.
///
/// A flag wins over the environment, the environment over the file, the file over the default. For the database
/// `DATABASE_URL` and libpq's own `PG*` come after `TUSK_DATABASE_URL`, as `OTEL_*` come after `TUSK_*`, and a
/// `tusk dev` of this directory before the default.
struct Configuration: Sendable {
    /// A value and where it comes from.
    struct Entry: Sendable, Hashable {
        let value: OptionValue
        let origin: Origin
    }

    /// What the values are made from.
    struct Sources: Sendable {
        /// The texts given on the command line, by the options' names.
        var flags: [String: [String]] = [:]
        var environment: [String: String] = [:]
        /// The files to look for when none is named, the first that exists counts.
        var usualFiles = ["tusk.toml", "/etc/tusk/tusk.toml"]
    }

    private var entries: [String: Entry] = [:]
    /// The file that was read, if any.
    private(set) var file: ConfigurationFile?
    /// What is dangerous but goes on, for standard error.
    private(set) var warnings: [String] = []

    /// The variables that tell libpq which database. Its other variables only add to what is said elsewhere: a PGUSER
    /// in somebody's profile names no database.
    static let libpqVariables = ["PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE"]
    /// Those that are shown beside them.
    static let libpqAdditions = ["PGPORT", "PGUSER"]

    /// Variables that come after Tusk's own, by the names of the settings.
    static let standardVariables = [
        Option.otlpEndpoint.name: "OTEL_EXPORTER_OTLP_ENDPOINT",
        Option.otlpHeaders.name: "OTEL_EXPORTER_OTLP_HEADERS", Option.serviceName.name: "OTEL_SERVICE_NAME",
    ]

    /// Finds and checks the value of each of `options`.
    init(_ options: [Option], _ sources: Sources) throws(CommandError) {
        file = try Self.findFile(sources)
        for option in options where option.isSetting {
            entries[option.name] = try entry(option, sources)
        }
        let configFile = Option.configFile.name
        if let file, entries[configFile] == nil, options.contains(where: { $0.name == configFile }) {
            entries[configFile] = Entry(value: .text(file.path), origin: .fallback)
        }
        warn()
    }

    // MARK: Reading

    /// The entry of a setting; nil when it has no value.
    func entry(_ option: Option) -> Entry? { entries[option.name] }

    /// Whether a flag is set.
    func flag(_ option: Option) -> Bool {
        guard case .flag(let isSet) = entries[option.name]?.value else { return false }
        return isSet
    }

    /// The text of a setting; nil when it has none.
    func text(_ option: Option) -> String? {
        guard case .text(let text) = entries[option.name]?.value else { return nil }
        return text
    }

    /// The number of a setting that has a default.
    func integer(_ option: Option) -> Int {
        guard case .integer(let number) = entries[option.name]?.value else { preconditionFailure(option.name) }
        return number
    }

    /// The time of a setting that has a default.
    func duration(_ option: Option) -> Duration {
        guard case .duration(let duration) = entries[option.name]?.value else { preconditionFailure(option.name) }
        return duration
    }

    /// The texts of a setting that takes several.
    func list(_ option: Option) -> [String] {
        guard case .list(let texts) = entries[option.name]?.value else { return [] }
        return texts
    }

    /// Whether a database was named by anybody, so that there is no need for a private one.
    var namesDatabase: Bool {
        switch entries[Option.databaseURL.name]?.origin {
        case .flag, .environment, .libpqEnvironment, .file: true
        case .development, .fallback, nil: false
        }
    }

    /// The same with another database, whatever was named before.
    func naming(database connection: String) -> Configuration {
        var copy = self
        copy.entries[Option.databaseURL.name] = Entry(value: .text(connection), origin: .fallback)
        return copy
    }

    // MARK: Finding values

    private func entry(_ option: Option, _ sources: Sources) throws(CommandError) -> Entry? {
        if let texts = sources.flags[option.name] { return try checked(option, texts, .flag(option.flag)) }
        if let entry = try environmentEntry(option, sources) { return entry }
        if let entry = try standardEntry(option, sources) { return entry }
        if option.name == Option.databaseURL.name, let entry = try databaseEntry(sources) { return entry }
        if let file, let given = file.given[option.name] {
            return try checked(option, given.texts, .file(path: file.path, line: given.line))
        }
        if option.name == Option.databaseURL.name, let entry = try developmentEntry(sources) { return entry }
        guard let fallback = option.fallback else { return nil }
        return try checked(option, [fallback], .fallback)
    }

    /// A variable that is set to nothing counts as not set, as is usual for containers.
    private func environmentEntry(_ option: Option, _ sources: Sources) throws(CommandError) -> Entry? {
        guard let name = option.environmentName else { return nil }
        let text = sources.environment[name] ?? ""
        if let fileName = option.environmentFileName, let path = sources.environment[fileName], !path.isEmpty {
            guard text.isEmpty else {
                throw CommandError(.configuration, "\(name) and \(fileName) are both set", hint: "Unset one of them.")
            }
            return try checked(option, [try secret(at: path, fileName)], .environment(fileName))
        }
        guard !text.isEmpty else { return nil }
        return try checked(option, Self.split(text, for: option.rule), .environment(name))
    }

    /// A variable that all programs with traces know. Source: OpenTelemetry specification, "OTLP Exporter".
    private func standardEntry(_ option: Option, _ sources: Sources) throws(CommandError) -> Entry? {
        guard let name = Self.standardVariables[option.name], let text = sources.environment[name], !text.isEmpty else {
            return nil
        }
        return try checked(option, [text], .environment(name))
    }

    private func databaseEntry(_ sources: Sources) throws(CommandError) -> Entry? {
        if let text = sources.environment["DATABASE_URL"], !text.isEmpty {
            return try checked(.databaseURL, [text], .environment("DATABASE_URL"))
        }
        let isSet = { (name: String) in !(sources.environment[name] ?? "").isEmpty }
        let names = Self.libpqVariables.filter(isSet)
        guard !names.isEmpty else { return nil }
        return Entry(value: .text(""), origin: .libpqEnvironment(names + Self.libpqAdditions.filter(isSet)))
    }

    /// What a `tusk dev` of this directory has written down about its database.
    private func developmentEntry(_ sources: Sources) throws(CommandError) -> Entry? {
        guard case .text(let directory) = try entry(.directory, sources)?.value else { return nil }
        let path = "\(directory)/database"
        let contents: SmallFile.Contents
        do throws(SmallFile.Failure) {
            contents = try SmallFile.read(path)
        } catch .missing {
            return nil
        } catch {
            throw CommandError(.configuration, "\(path) \(error.words)")
        }
        let text = Self.firstLine(contents.bytes)
        return text.isEmpty ? nil : try checked(.databaseURL, [text], .development(directory: directory))
    }

    private func secret(at path: String, _ name: String) throws(CommandError) -> String {
        let contents: SmallFile.Contents
        do throws(SmallFile.Failure) {
            contents = try SmallFile.read(path)
        } catch {
            throw CommandError(.configuration, "\(path), named by \(name), \(error.words)")
        }
        let text = Self.firstLine(contents.bytes)
        guard !text.isEmpty else { throw CommandError(.configuration, "\(path), named by \(name), is empty") }
        return text
    }

    private func checked(_ option: Option, _ texts: [String], _ origin: Origin) throws(CommandError) -> Entry {
        do throws(ValueRule.Refusal) {
            return Entry(value: try option.rule.read(texts), origin: origin)
        } catch {
            let shown = option.isSecret ? "" : ", not \"\(Printable.line(texts.joined(separator: " ")).prefix(60))\""
            let name = origin == .fallback ? option.flag : origin.description
            throw CommandError(origin.exitCode, "\(name) \(error.words)\(texts == [""] ? "" : shown)")
        }
    }

    private static func split(_ text: String, for rule: ValueRule) -> [String] {
        guard case .directories = rule else { return [text] }
        return text.split(separator: ":").map(String.init)
    }

    private static func firstLine(_ bytes: [UInt8]) -> String {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        return String(decoding: line, as: UTF8.self)
    }

    // MARK: Files

    private static func findFile(_ sources: Sources) throws(CommandError) -> ConfigurationFile? {
        let option = Option.configFile
        let named = sources.flags[option.name]?.last ?? option.environmentName.flatMap { sources.environment[$0] }
        if let named, !named.isEmpty {
            guard let file = try ConfigurationFile.read(named) else {
                throw CommandError(.configuration, "the configuration file \(named) does not exist")
            }
            return file
        }
        for path in sources.usualFiles {
            if let file = try ConfigurationFile.read(path) { return file }
        }
        return nil
    }

    private mutating func warn() {
        if let file, file.isWorldReadable, file.webhooks.contains(where: \.holdsSecrets) {
            warnings.append(Self.warning(file.path, "secrets of webhooks"))
        }
        if case .file(let path, _) = entries[Option.otlpHeaders.name]?.origin, file?.isWorldReadable == true {
            warnings.append(Self.warning(path, "headers for a collector"))
        }
        guard let entry = entries[Option.databaseURL.name], case .text(let text) = entry.value, !text.isEmpty else {
            return
        }
        if case .file(let path, _) = entry.origin, file?.isWorldReadable == true, Redaction.hasSecret(text) {
            warnings.append(Self.warning(path, "a password"))
        }
    }

    private static func warning(_ path: String, _ what: String) -> String {
        "\(path) holds \(what) and everybody on this machine can read it; run: chmod o= \(path)"
    }
}
